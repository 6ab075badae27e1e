"""When whom to remind of a task is planned, and planned anew when the task changes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Retry
from arqlight_core.policy import DAY, HOUR, MINUTE, CatchUp, Keep, Priority
from arqlight_jobs.flrts import reminders_schedule, reminding
from arqlight_jobs.flrts.reckoning import due_instants
from arqlight_jobs.flrts.reminders_schedule import PAGE, schedule, schedules, sweep
from arqlight_jobs.flrts.reminders_schedule_plan import Wanted, changes
from arqlight_jobs.flrts.reminding import Reminder, State, reminder_id
from arqlight_jobs.flrts.requests import ReminderDue, RemindersAsked, ReminderSweep
from tests.unit.flrts.reminded import ADA_THERE, DUE, TASK, Reminded, reminded, settings_in, wall

SEND = "flrts.reminders.send"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[Reminded]:
    async with reminded(settings_in(tmp_path)) as made:
        yield made


async def states(hub: Reminded) -> dict[str, tuple[State, int]]:
    return {before: (one.state, one.version) for (_, before), one in (await hub.all()).items()}


# ------------------------------------------------------------------ the queue


def test_the_queue_is_as_the_task_hub_has_it() -> None:
    job = schedules.job_types["flrts.reminders.schedule"]
    [limit] = schedules.limits
    assert (schedules.name, schedules.concurrency, job.retry.attempts) == ("flrts:reminders:schedule", 10, 3)
    assert (limit.exact, [(rate.limit, rate.per) for rate in limit.rates]) == (True, [(100, MINUTE)])
    assert (schedules.retention.completed, schedules.retention.dead) == (Keep(100, HOUR), Keep(500, DAY))


def test_a_look_for_what_was_lost_is_had_every_minute_and_before_all_else() -> None:
    [every] = schedules.schedules.values()
    assert (every.cron, every.job_type, every.catch_up) == ("* * * * *", sweep.name, CatchUp.SKIP)
    assert sweep.priority is Priority.HIGH


def test_a_new_assignee_s_job_is_not_kept_out_by_one_that_runs() -> None:
    assert schedule.unique is None
    assert schedule.id_of
    assert schedule.id_of(RemindersAsked(TASK)) != schedule.id_of(RemindersAsked(TASK))
    assert schedule.id_of(RemindersAsked(TASK, ref="a-word")) == "a-word"


# ------------------------------------------------------------------ planning


async def test_each_reminder_is_queued_for_its_moment_on_its_user_s_wall(hub: Reminded) -> None:
    run = await hub.plan()
    assert {before: one.due_at for (_, before), one in (await hub.all()).items()} == {
        "0d": wall(DUE),
        "1d": wall(DUE - DAY),
    }
    rows = [await hub.one("0d"), await hub.one("1d")]
    assert sorted(run.queued, key=str) == sorted([(SEND, ReminderDue(one.id, 1)) for one in rows], key=str)
    for (_, asked), delay in zip(run.queued, run.delays, strict=True):
        due_at = next(one.due_at for one in rows if one.id == asked.reminder)
        assert abs(now() + delay - due_at) < MINUTE
    assert run.percents == [50, 100]


async def test_everybody_who_has_the_task_is_reminded_by_their_own_wall(hub: Reminded) -> None:
    await hub.user("bob", zone="America/New_York", there=ADA_THERE)
    await hub.user("eve", there=8)
    await hub.plan()
    found = await hub.all()
    assert {user for user, _ in found} == {"ada", "bob"}
    assert found["bob", "0d"].due_at == wall(DUE, zone="America/New_York")


async def test_what_is_planned_already_stays_as_it_is_and_its_job_is_queued_again(hub: Reminded) -> None:
    first = await hub.plan()
    rows = await hub.all()
    again = await hub.plan()
    assert await hub.all() == rows
    assert (
        again.queued == first.queued
    )  # an earlier run may have ended in between; what has its job is not queued twice


async def test_a_new_due_date_makes_a_new_version(hub: Reminded) -> None:
    await hub.plan()
    await hub.task(due=DUE + 2 * DAY)
    run = await hub.plan()
    assert await states(hub) == {"0d": (State.PLANNED, 2), "1d": (State.PLANNED, 2)}
    assert {asked.version for _, asked in run.queued} == {2}
    assert (await hub.one()).due_at == wall(DUE + 2 * DAY)


async def test_a_date_that_is_put_back_makes_another_version(hub: Reminded) -> None:
    for shift in (0, 1, 0):
        await hub.task(due=DUE + shift * DAY)
        await hub.plan()
    assert await states(hub) == {"0d": (State.PLANNED, 3), "1d": (State.PLANNED, 3)}


@pytest.mark.parametrize("ended", [State.SENT, State.SKIPPED, State.FAILED])
async def test_what_is_over_comes_again_for_a_new_date_only(hub: Reminded, ended: State) -> None:
    await hub.plan()
    one = await hub.one()
    async with hub.held.engine.begin() as connection:
        assert await reminding.end(connection, one, ended, "a reason", now())
    run = await hub.plan()
    assert (await hub.one()).state is ended
    assert one.id not in {asked.reminder for _, asked in run.queued}
    await hub.task(due=DUE + DAY)
    await hub.plan()
    again = await hub.one()
    assert (again.state, again.version, again.reason, again.ended_at) == (State.PLANNED, 2, "", None)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"closed": True}, "the task is closed"),
        ({"due": None}, "nobody is to be reminded then any more"),
        ({"assignee": None}, "nobody is to be reminded then any more"),
        ({"assignee": 99}, "nobody is to be reminded then any more"),
    ],
)
async def test_what_is_not_wanted_any_more_is_cancelled(hub: Reminded, values: dict[str, Any], why: str) -> None:
    await hub.plan()
    await hub.task(**values)
    run = await hub.plan()
    assert run.queued == []
    assert await states(hub) == {"0d": (State.CANCELLED, 1), "1d": (State.CANCELLED, 1)}
    one = await hub.one()
    assert one.reason == why
    assert one.ended_at


async def test_a_task_that_is_gone_takes_all_its_reminders_along(hub: Reminded) -> None:
    await hub.plan()
    async with hub.held.engine.begin() as connection:
        await reminding.plan_own(connection, TASK, "eve", now() + DAY)
    await hub.without_task()
    await hub.plan()
    assert {(one.state, one.reason) for one in (await hub.all()).values()} == {(State.CANCELLED, "the task is gone")}


async def test_a_task_that_is_opened_again_is_reminded_of_again(hub: Reminded) -> None:
    await hub.plan()
    for closed in (True, False):
        await hub.task(closed=closed)
        await hub.plan()
    assert await states(hub) == {"0d": (State.PLANNED, 2), "1d": (State.PLANNED, 2)}


async def test_a_moment_of_somebody_s_own_stays_while_the_task_is_open(hub: Reminded) -> None:
    async with hub.held.engine.begin() as connection:
        own, _ = await reminding.plan_own(connection, TASK, "ada", now() + DAY)
    await hub.task(due=None)
    run = await hub.plan()
    assert [asked.reminder for _, asked in run.queued] == [own]
    await hub.task(closed=True)
    await hub.plan()
    assert [one.state for one in (await hub.all()).values()] == [State.CANCELLED]


@pytest.mark.parametrize(
    ("ago", "state"), [(-MINUTE, State.PLANNED), (MINUTE, State.PLANNED), (6 * HOUR + MINUTE, State.SKIPPED)]
)
def test_what_was_due_already_comes_late_or_not_at_all(ago: timedelta, state: State) -> None:
    at = now()
    [change] = changes(Wanted(TASK, {("ada", "0d"): at - ago}), [], at)
    ended_at = at if state is State.SKIPPED else None
    assert (change.wanted.state, change.wanted.late, change.wanted.ended_at) == (state, ago == MINUTE, ended_at)


async def test_what_is_late_is_queued_at_once(hub: Reminded, monkeypatch: pytest.MonkeyPatch) -> None:
    def instants(*_: object) -> dict[str, datetime]:
        return {"0d": now() - HOUR, "1d": now() - 25 * HOUR}

    monkeypatch.setattr(reminders_schedule, "due_instants", instants)
    run = await hub.plan()
    assert (run.delays, (await hub.one("0d")).late) == ([timedelta(0)], True)
    assert (await hub.one("1d")).state is State.SKIPPED


async def test_a_user_whose_zone_is_none_is_a_dead_letter(hub: Reminded) -> None:
    await hub.change_user(timezone="Mars/Base")
    with pytest.raises(Discard, match="Mars/Base"):
        await hub.plan()


# ------------------------------------------------------------------ two at a time


async def test_of_two_runs_the_later_look_at_the_task_stays(hub: Reminded) -> None:
    await hub.plan()
    dates = [DUE + number * DAY for number in range(1, 5)]

    async def moved(day: date) -> None:
        await hub.task(due=day)
        await hub.plan()

    await asyncio.gather(*map(moved, dates))
    async with hub.held.engine.connect() as connection:
        wanted = (await reminders_schedule._wanted(connection, TASK)).moments  # pyright: ignore[reportPrivateUsage] - what the task asks for
        await connection.rollback()
    assert {place: one.due_at for place, one in (await hub.all()).items()} == wanted


@pytest.mark.parametrize(("times", "state"), [(1, State.PLANNED), (2, State.PLANNED)])
async def test_a_reminder_that_is_sent_meanwhile_is_planned_for_the_new_date_still(
    hub: Reminded, monkeypatch: pytest.MonkeyPatch, times: int, state: State
) -> None:
    await hub.plan()
    await hub.task(due=DUE + DAY)
    outrun(monkeypatch, times)
    await hub.plan()
    assert (await hub.one()).state is state
    assert (await hub.one()).due_at == wall(DUE + DAY)


async def test_a_run_that_is_outrun_again_and_again_is_tried_later(
    hub: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    outrun(monkeypatch, 3)
    with pytest.raises(Retry, match="at the same moment"):
        await hub.plan()
    assert await hub.all() == {}


def outrun(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Others are faster, so often."""
    real, left = reminding.put, [times]

    async def put(connection: AsyncConnection, one: Reminder, seen: Reminder | None) -> bool:
        if left[0]:
            left[0] -= 1
            return False
        return await real(connection, one, seen)

    monkeypatch.setattr(reminding, "put", put)


# ------------------------------------------------------------------ what was lost


async def test_only_what_is_planned_and_due_is_queued_again_once_for_each_version(hub: Reminded) -> None:
    lost = await hub.due(MINUTE, version=3)
    await hub.due(-MINUTE, before="1d")
    await hub.due(MINUTE, before="2d", state=State.SENT)
    told, run = await hub.run(sweep, ReminderSweep())
    assert told == {"due": 1, "queued": 1, "updates": 0, "messages": 0, "given_up": 0, "in_vain": 0}
    assert run.queued == [(SEND, ReminderDue(lost.id, 3))]
    assert run.delays == [timedelta(0)]


async def test_a_look_goes_through_pages_and_misses_none_of_the_same_moment(
    hub: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAGE == 500
    monkeypatch.setattr(reminders_schedule, "PAGE", 2)
    at = now() - HOUR
    for number in range(5):
        await hub.due(HOUR, before=f"{number}d", due_at=at)
    told, run = await hub.run(sweep, ReminderSweep())
    assert (told["due"], told["queued"]) == (5, 5)
    assert {asked.reminder for _, asked in run.queued} == {reminder_id(TASK, "ada", f"{n}d") for n in range(5)}


async def test_what_is_asked_of_a_date_that_is_not_the_task_s_any_more_heeds_the_task(hub: Reminded) -> None:
    await hub.run(schedule, RemindersAsked(TASK, "1999-01-01"))
    assert {one.due_at for one in (await hub.all()).values()} == set(due_instants(DUE, "Europe/Zurich").values())
