"""Tasks of which nobody knows whether they were made, and those that a workflow of n8n's makes."""

import asyncio

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.errors import Discard, Misconfigured, Retry, Unavailable
from arqlight_jobs.flrts.mirror import task_of
from arqlight_jobs.flrts.tables.tasks import processed_jobs
from arqlight_jobs.flrts.tasks_create import create, effect_of, mark_of
from arqlight_jobs.outbound.effects import Outbox, State
from tests.unit.flrts.hub import Hub
from tests.unit.flrts.making import ASKED, JOB, MARK, failed, made, said


async def test_a_lost_answer_is_looked_up_by_the_mark(both: Hub) -> None:
    both.world.at_openproject.script(Fault(drop="after"))
    await made(both)
    assert both.world.at_openproject.effects == {MARK: 1}
    assert await said(both) == ["Task created: Water the plants"]
    assert [row["task"] for row in await both.rows(processed_jobs)] == [1]


async def test_what_appears_only_later_is_found_by_a_later_attempt(hub: Hub) -> None:
    hub.world.at_openproject.script(Fault(drop="before"))
    assert type(await failed(hub)) is Retry
    hub.world.openproject.make(ASKED.title, description=f"ref: {MARK}")
    await made(hub, attempt=2)
    assert len(hub.world.openproject.packages) == 1


async def test_what_is_never_found_is_not_made_again_but_told_and_left_to_the_operator(hub: Hub) -> None:
    hub.world.at_openproject.script(Fault(drop="before"))
    assert type(await failed(hub)) is Retry
    assert type(await failed(hub, attempt=2)) is Retry
    problem = await failed(hub, attempt=3)
    assert type(problem) is Discard
    assert "`arqlight effects settle`, then retry the job" in str(problem)
    assert hub.world.openproject.packages == {}
    [text] = await said(hub)
    assert text.endswith("nobody knows whether it was done: look in OpenProject, and ask again if it was not")
    box = Outbox(hub.records.engine)
    effect = await box.find(JOB)
    assert effect
    assert effect.state is State.UNKNOWN
    await box.settle(JOB, None)
    await made(hub)


async def test_an_operator_s_word_names_the_task(hub: Hub) -> None:
    hub.world.at_openproject.script(Fault(drop="before"))
    for attempt in (1, 3):
        await failed(hub, attempt=attempt)
    hub.world.openproject.make("by hand")
    await Outbox(hub.records.engine).settle(JOB, "1")
    run = await made(hub)
    assert run.queued
    assert "Task created: by hand" in await said(hub)


async def test_before_a_second_post_it_is_looked_whether_the_first_has_not_worked_after_all(hub: Hub) -> None:
    hub.world.openproject.make(ASKED.title, description=f"ref: {MARK}")
    hub.world.at_openproject.script(Fault(status=502))
    assert type(await failed(hub)) is Unavailable
    await made(hub, attempt=2)
    assert len(hub.world.openproject.packages) == 1


async def test_who_has_a_dead_job_tried_again_makes_no_second_task(hub: Hub) -> None:
    """It begins with its first attempt, as does another job with the same word of the caller's."""
    hub.world.openproject.make(ASKED.title, description=f"ref: {MARK}")
    hub.world.at_openproject.script(Fault(status=502))
    assert type(await failed(hub)) is Unavailable
    await made(hub, attempt=1)
    assert len(hub.world.openproject.packages) == 1


async def test_two_jobs_with_the_caller_s_own_id_at_once_make_one_task_though_the_first_call_fails(hub: Hub) -> None:
    """It was made all the same: whoever takes over looks, though nothing was on record when its run began."""
    mine = msgspec.structs.replace(ASKED, ref="tg-1")
    hub.world.openproject.make(mine.title, description=f"ref: {mark_of(effect_of(mine, JOB))}")
    hub.world.at_openproject.script(Fault(status=502))
    runs = [create.handler(hub.run(job), mine) for job in ("first", "second")]
    told = await asyncio.gather(*runs, return_exceptions=True)
    assert sorted(map(str, told)) == sorted([str({"task": 1}), "openproject answered 502"])
    assert len(hub.world.openproject.packages) == 1


async def test_a_task_that_is_told_of_in_other_words_is_not_made_again(hub: Hub) -> None:
    hub.world.openproject.make(ASKED.title, description=f"ref: {MARK}")
    hub.world.at_openproject.script(Fault(status=201, body=msgspec.Raw(b'{"id": 1, "subject": "x"}')))
    await made(hub)
    assert [call.method for call in hub.world.at_openproject.calls] == ["POST", "GET"]
    assert await said(hub) == ["Task created: Water the plants"]


# ------------------------------------------------------------------ by a workflow of n8n's


@pytest.fixture
def flow(hub: Hub) -> Hub:
    hub.set(flrts_backend="n8n")
    return hub


async def test_a_workflow_makes_the_task_and_it_is_read_back(flow: Hub) -> None:
    run = await made(flow)
    [call] = flow.world.at_n8n.calls
    text = f"{ASKED.description}\n\nref: {MARK}"
    data = {"title": ASKED.title, "description": text, "dueDate": "2026-05-31"}
    assert call.json == {"operation": "create_work_package", "data": data}
    assert [one.method for one in flow.world.at_openproject.calls] == ["GET"]
    async with flow.records.engine.connect() as connection:
        assert await task_of(connection, 1)
    assert await said(flow) == ["Task created: Water the plants"]
    assert run.percents == [20, 60, 80, 100]


async def test_a_workflow_makes_tasks_where_openproject_cannot_be_asked(flow: Hub) -> None:
    flow.set(openproject_base_url="")
    run = await made(flow)
    assert await said(flow) == ["Task created: Water the plants"]
    assert not flow.world.at_openproject.calls
    assert [name for name, _ in run.queued] == ["flrts.telegram.outbound"]


@pytest.mark.parametrize("status", [403, 404, 401, 503])
async def test_a_task_that_cannot_be_read_back_is_made_all_the_same(flow: Hub, status: int) -> None:
    flow.world.at_openproject.script(Fault(status=status))
    run = await made(flow, attempt=1)
    assert await said(flow) == ["Task created: Water the plants"]
    assert "could not be read back" in run.lines[0]


async def test_an_inactive_workflow_makes_jobs_wait(flow: Hub) -> None:
    flow.world.n8n.active = False
    problem = await failed(flow)
    assert type(problem) is Misconfigured
    assert problem.dependency == "n8n"
    assert await said(flow) == []
    flow.world.n8n.active = True
    await made(flow)


async def test_a_webhook_of_another_method_is_a_failure_for_good(flow: Hub) -> None:
    flow.world.n8n.method = "GET"
    assert type(await failed(flow)) is Discard
    [text] = await said(flow)
    assert "another method" in text


async def test_a_workflow_that_fails_after_its_work_makes_no_second_task(flow: Hub) -> None:
    flow.world.n8n.broken = True
    assert type(await failed(flow)) is Unavailable
    await made(flow, attempt=2)
    assert flow.world.at_n8n.effects == {MARK: 1}


async def test_a_workflow_that_tells_no_id_is_looked_up(flow: Hub) -> None:
    flow.world.n8n.responds = "immediately"
    await made(flow)
    assert flow.world.at_n8n.effects == {MARK: 1}


async def test_a_workflow_that_tells_no_id_is_for_the_operator_where_nothing_is_found(flow: Hub) -> None:
    flow.world.n8n.responds = "immediately"
    flow.set(openproject_base_url="")
    problem = await failed(flow)
    assert type(problem) is Misconfigured
    assert problem.dependency == "n8n"
    assert "last node" in str(problem)
    assert await said(flow) == []
    assert type(await failed(flow)) is Discard
    assert flow.world.at_n8n.effects == {MARK: 1}
