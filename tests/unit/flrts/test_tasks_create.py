"""Making tasks: each once, and whoever asked for it is told how that has ended."""

from datetime import date
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable
from arqlight_core.policy import HOUR, MINUTE, Mode, Rate
from arqlight_jobs.flrts.mirror import task_of
from arqlight_jobs.flrts.requests import RemindersAsked, Said, TaskAsked
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tables.tasks import processed_jobs
from arqlight_jobs.flrts.tasks_create import create, effect_of, sameness, tasks_to_make
from arqlight_jobs.outbound.effects import effects
from tests.unit.flrts.hub import ANN, ANN_THERE, Hub
from tests.unit.flrts.making import ASKED, JOB, MARK, failed, made, said


def refusal(name: str) -> msgspec.Raw:
    told = {"errorIdentifier": f"urn:openproject-org:api:v3:errors:{name}", "message": "of ann@example.com"}
    return msgspec.Raw(msgspec.json.encode({"_type": "Error", **told}))


async def test_a_task_is_made_written_down_and_told(both: Hub) -> None:
    run = await made(both)
    [package] = both.world.openproject.packages.values()
    assert (package.subject, package.due, package.assignee) == (ASKED.title, date(2026, 5, 31), ANN_THERE)
    assert package.description == f"{ASKED.description}\n\nref: {MARK}"
    assert [row["task"] for row in await both.rows(processed_jobs)] == [1]
    async with both.records.engine.connect() as connection:
        task = await task_of(connection, 1)
    assert task
    assert (task.subject, task.lock_version, task.closed) == (ASKED.title, 0, False)
    [message] = await both.rows(messages)
    assert (message["text"], message["user"], message["chat"]) == ("Task created: Water the plants", ANN, "")
    assert run.queued == [
        ("flrts.reminders.schedule", RemindersAsked(1, "2026-05-31", MARK)),
        ("flrts.telegram.outbound", Said(message["id"])),
    ]
    assert run.percents == [20, 60, 80, 100]
    assert [call.method for call in both.world.at_openproject.calls] == ["POST"]


async def test_without_a_date_nobody_is_reminded(hub: Hub) -> None:
    run = await made(hub, msgspec.structs.replace(ASKED, due=""))
    assert [name for name, _ in run.queued] == ["flrts.telegram.outbound"]


async def test_a_project_may_be_named_and_somebody_unknown_there_gets_no_task(hub: Hub) -> None:
    await hub.meet("bob", "888")
    await made(hub, msgspec.structs.replace(ASKED, user="bob", project="2"))
    [package] = hub.world.openproject.packages.values()
    assert (package.project, package.assignee) == (2, None)


# ------------------------------------------------------------------ once


async def test_another_run_of_the_job_makes_no_second_task(both: Hub) -> None:
    first, second = await made(both), await made(both)
    assert len(both.world.openproject.packages) == 1
    assert first.queued == second.queued
    assert await said(both) == ["Task created: Water the plants"]


async def test_a_job_on_record_asks_nobody_again_though_its_effect_is_forgotten(hub: Hub) -> None:
    await made(hub)
    hub.world.at_openproject.calls.clear()
    async with hub.records.engine.begin() as connection:
        await connection.execute(effects.delete())
    await made(hub)
    assert not hub.world.at_openproject.calls


async def test_the_callers_own_id_makes_two_jobs_one_task_and_none_makes_them_two(hub: Hub) -> None:
    mine = msgspec.structs.replace(ASKED, ref="tg-1")
    for job in ("first", "second"):
        await made(hub, mine, job_id=job)
    assert len(hub.world.openproject.packages) == 1
    assert await said(hub) == ["Task created: Water the plants"]
    await create.handler(hub.run("third"), ASKED)
    await create.handler(hub.run("fourth"), ASKED)
    assert len(hub.world.openproject.packages) == 3


def test_the_same_words_are_the_same_task_for_an_hour_whatever_their_order() -> None:
    unique = create.unique
    assert unique
    assert (unique.ttl, unique.mode, unique.by) == (HOUR, Mode.THROTTLE, sameness)
    again = msgspec.convert(
        {"title": ASKED.title, "user": ANN, "due": ASKED.due, "description": "All of them"}, TaskAsked
    )
    assert sameness(again) == sameness(ASKED) != sameness(msgspec.structs.replace(ASKED, user="bob"))
    assert len(sameness(ASKED)) == 16
    first, second = (msgspec.structs.replace(ASKED, ref="r", title=title) for title in ("a", "b"))
    assert sameness(first) == sameness(second) == "ann:r"
    longest = msgspec.structs.replace(ASKED, user="u" * 64, ref="r" * 64)
    assert len(effect_of(longest, JOB)) <= 200


def test_the_queue_bears_what_its_seed_says() -> None:
    [own, per_user] = tasks_to_make.limits
    assert (own.name, own.rates, own.exact) == ("flrts:tasks:create", (Rate(100, MINUTE),), True)
    assert (per_user.rates, per_user.key_of(ASKED)) == ((Rate(10, MINUTE),), ANN)
    assert (tasks_to_make.concurrency, tasks_to_make.poison_after, create.retry.attempts) == (10, 3, 3)
    assert set(create.sensitive) == {"title", "description"}
    assert not create.at_least_once


# ------------------------------------------------------------------ what fails


@pytest.mark.parametrize(
    ("fault", "signal", "words"),
    [
        (Fault(status=422, body=refusal("PropertyConstraintViolation")), Discard, "code PropertyConstraintViolation"),
        (Fault(status=403, body=refusal("MissingPermission")), Discard, "code MissingPermission"),
        (Fault(status=404, body=refusal("NotFound")), Discard, "code NotFound"),
        (Fault(status=400), Discard, "openproject answered 400"),
    ],
)
async def test_what_openproject_refuses_for_good_is_told_at_once(
    hub: Hub, fault: Fault, signal: type[Signal], words: str
) -> None:
    hub.world.at_openproject.script(fault)
    assert type(await failed(hub)) is signal
    [text] = await said(hub)
    assert text.startswith("Failed to create task: ")
    assert words in text
    assert "ann@example.com" not in text


@pytest.mark.parametrize(
    ("fault", "signal"),
    [
        (Fault(status=401), Misconfigured),
        (Fault(status=429), RateLimited),
        (Fault(status=503), Unavailable),
    ],
)
async def test_what_may_pass_is_told_to_nobody_before_the_last_attempt(
    hub: Hub, fault: Fault, signal: type[Signal]
) -> None:
    hub.world.at_openproject.script(fault)
    assert type(await failed(hub)) is signal
    assert await said(hub) == []
    assert (await made(hub, attempt=2)).queued


async def test_the_last_of_three_attempts_is_told(hub: Hub) -> None:
    for attempt in (1, 2, 3):
        assert await said(hub) == []
        hub.world.at_openproject.script(Fault(status=503))
        assert type(await failed(hub, attempt=attempt)) is Unavailable
    assert await said(hub) == ["Failed to create task: openproject answered 503"]


async def test_an_operator_s_replay_of_a_dead_job_makes_the_task_after_all(hub: Hub) -> None:
    hub.world.at_openproject.script(Fault(status=400))
    await failed(hub)
    await made(hub)
    assert min(await said(hub)).startswith("Failed")
    assert len(await said(hub)) == 2


async def test_a_bug_is_told_on_the_last_attempt_without_its_words(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise ValueError("a secret of ann@example.com")

    monkeypatch.setattr("arqlight_jobs.providers.openproject.create", broken)
    assert type(await failed(hub, attempt=3)) is ValueError
    assert await said(hub) == ["Failed to create task: an error of ours"]


async def test_a_run_that_takes_too_long_tells_before_it_is_stopped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arqlight_jobs.flrts.tasks_create.WAITING_S", 0.2)
    hub.world.at_openproject.script(*[Fault(delay=2)] * 2)
    assert type(await failed(hub, attempt=3)) is TimeoutError
    assert await said(hub) == ["Failed to create task: it took too long"]


@pytest.mark.parametrize("due", ["2026-02-30", "0000-01-01"])
async def test_a_date_that_no_calendar_has_is_told(hub: Hub, due: str) -> None:
    assert type(await failed(hub, msgspec.structs.replace(ASKED, due=due))) is Discard
    assert await said(hub) == ["Failed to create task: the due date is no day of the calendar"]


@pytest.mark.parametrize("title", ["nul \0", "half a \ud800 pair"])
async def test_signs_that_are_none_are_told(both: Hub, title: str) -> None:
    assert type(await failed(both, msgspec.structs.replace(ASKED, title=title))) is Discard
    assert await said(both) == ["Failed to create task: its words hold a sign that is none"]


async def test_a_user_whom_nobody_knows_is_told_nothing(hub: Hub) -> None:
    assert type(await failed(hub, msgspec.structs.replace(ASKED, user="nobody"))) is Discard
    assert await said(hub) == []
    assert not hub.world.at_openproject.calls
