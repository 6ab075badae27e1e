"""The flows of the newest jobs, found without an index: how far each is, and any other by its correlation id."""

import pytest

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import State
from arqlight_core.observe import FlowRow, FlowsView
from arqlight_core.observe.flows import JOBS, PAGE, share_of
from tests.store.line import QUEUE, Line, dead, failed


def payload(correlation_id: str, job_type: str = "work", queued_ms: int = 1_000) -> bytes:
    return encode_job(Envelope(job_type, (), {}, queued_ms, correlation_id=correlation_id))


async def put(line: Line, correlation_id: str, *names: str, queued_ms: int = 1_000) -> None:
    """Jobs that belong to a flow."""
    ids = [QUEUE.job_id(name) for name in names]
    await line.put(*ids, payload=payload(correlation_id, queued_ms=queued_ms))
    await line.store.plant(correlation_id, ids)


async def look(line: Line, also: str = "") -> FlowsView:
    return await observe.flows(line.store, await observe.fleet(line.store), also)


async def only(line: Line) -> FlowRow:
    [row] = (await look(line)).rows
    return row


async def test_a_flow_tells_how_many_of_its_jobs_are_in_which_state(line: Line):
    before = await line.store.time_ms()
    await put(line, "spring", "a", "b", "c")
    first, second, _ = (await line.claim()).jobs
    await line.finish(first.lease)
    await line.bury(second.lease, dead())
    assert (await only(line)).states == {State.ACTIVE: 1, State.COMPLETED: 1, State.DEAD: 1}
    await line.prune(State.COMPLETED, keep_age_ms=0)
    row = await only(line)
    assert row.states == {State.ACTIVE: 1, State.DEAD: 1}
    assert (row.correlation_id, row.total, row.gone) == ("spring", 3, 1)
    assert (row.root, row.root_type) == (QUEUE.job_id("a"), "")
    assert before <= row.begun_ms <= await line.store.time_ms()
    assert row.ended_ms == 0


async def test_a_flow_that_is_over_tells_when_its_last_job_ended(line: Line):
    await put(line, "spring", "a")
    assert await line.bury(await line.lease(), dead())
    row = await only(line)
    assert (row.states, row.root_type) == ({State.DEAD: 1}, "work")
    view = await observe.job(line.store, row.root)
    assert row.ended_ms == view.ended_ms
    assert row.took_ms(0) == row.ended_ms - row.begun_ms


async def test_a_job_that_was_queued_alone_is_no_flow(line: Line):
    await line.put("a", payload=payload("its own"))
    view = await look(line)
    assert view.rows == ()
    assert (view.read, view.total) == (1, 1)


async def test_flows_stand_begun_last_first(line: Line):
    for name in ("first", "second", "third"):
        await put(line, name, name)
        await line.passed(await line.store.time_ms())
    assert [row.correlation_id for row in (await look(line)).rows] == ["third", "second", "first"]


async def test_only_the_newest_jobs_are_looked_at_and_any_flow_is_found_by_its_name(line: Line):
    await put(line, "old", "old")
    await put(line, "new", *(f"new-{place}" for place in range(PAGE)), queued_ms=2_000)
    view = await look(line)
    assert [row.correlation_id for row in view.rows] == ["new"]
    assert (view.read, view.total) == (PAGE, PAGE + 1)
    assert {row.correlation_id for row in (await look(line, "old")).rows} == {"old", "new"}
    assert {row.correlation_id for row in (await look(line, "nothing")).rows} == {"new"}


@pytest.mark.parametrize(("places", "share"), [(0, PAGE), (1, PAGE), (8, 50), (1_000, 4)])
def test_what_is_looked_at_is_shared_by_the_states_that_have_jobs(places: int, share: int):
    assert share_of(places) == share


async def test_of_each_state_the_newest_are_looked_at(line: Line):
    await put(line, "old", *(f"old-{place:03}" for place in range(PAGE)))
    await line.claim(limit=PAGE)
    await put(line, "new", *(f"new-{place:03}" for place in range(PAGE)), queued_ms=2_000)
    view = await look(line)
    assert {row.correlation_id for row in view.rows} == {"old", "new"}
    assert view.read == view.total == 2 * PAGE


async def test_of_a_large_flow_the_states_of_the_first_jobs_are_counted(line: Line):
    await put(line, "spring", *(f"job-{place:04}" for place in range(JOBS + 50)))
    row = await only(line)
    assert (row.total, row.states, row.gone) == (JOBS + 50, {State.WAITING: JOBS}, 0)


async def test_jobs_of_a_queue_that_is_not_known_count_as_gone(line: Line):
    await put(line, "spring", "a")
    await line.store.plant("spring", ["{nowhere}:b", "of a stock producer"])
    row = await only(line)
    assert (row.total, row.gone) == (3, 2)


async def test_without_any_job_there_is_no_flow(line: Line):
    assert (await look(line)).rows == ()


async def test_of_a_job_whose_payload_is_gone_a_tree_tells_when_it_was_queued(line: Line):
    before = await line.store.time_ms()
    await put(line, "spring", "a")
    await line.finish(*[job.lease for job in (await line.claim()).jobs])
    await line.prune(State.COMPLETED, keep_age_ms=0)
    [step] = (await observe.flow(line.store, "spring")).steps
    assert step.state is None
    assert before <= step.enqueued_ms <= await line.store.time_ms()
    assert (await line.store.tree("spring", 10)) == ([QUEUE.job_id("a")], 1)


async def test_a_step_tells_of_its_failed_attempts(line: Line):
    await put(line, "spring", "a")
    assert await line.bury(await line.lease(), dead(failure=failed()))
    [step] = (await observe.flow(line.store, "spring")).steps
    assert step.tries == ((1_000, 2_000),)
