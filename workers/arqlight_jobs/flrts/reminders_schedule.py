"""The queue in which reminders are planned, and its job types: of one task, and the look for what was lost.

What is written does not change when it is written again, and a task that gets a new assignee while its job runs must
have another: only who names a word of theirs is kept from queueing the same twice.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Retry, UsageError
from arqlight_core.policy import MINUTE, CatchUp, Priority, Schedule
from arqlight_core.run import Run
from arqlight_jobs.flrts import left_behind, reminding
from arqlight_jobs.flrts.reckoning import due_instants
from arqlight_jobs.flrts.records import records
from arqlight_jobs.flrts.reminders_schedule_plan import Change, Place, Wanted, changes
from arqlight_jobs.flrts.reminding import Reminder, State
from arqlight_jobs.flrts.requests import ReminderDue, RemindersAsked, ReminderSweep
from arqlight_jobs.flrts.tables.people import users
from arqlight_jobs.flrts.tables.tasks import tasks
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue

SEND = "flrts.reminders.send"

ROUNDS = 3
"""How often a run begins anew when others change the same reminders."""

PAGE = 500

MOST_SWEPT = 5000
"""Of one look; the next is a minute later."""

schedules = queue("flrts:reminders:schedule", "Plans when whom to remind of a task.")


@schedules.job(
    "flrts.reminders.schedule",
    RemindersAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    id_of=lambda asked: asked.ref or uuid4().hex,
    follow_ups=(SEND,),
)
async def schedule(run: Run, asked: RemindersAsked) -> dict[str, int]:
    """Plan the reminders of a task as its due date and assignee are now, and cancel those not wanted any more."""
    opened = await run.open(records)
    done = await _arranged(opened.engine, asked.task)
    async with opened.engine.connect() as connection:
        known = await reminding.reminders_of(connection, asked.task)
    run.progress(50, 100, "planned")
    planned = [one for one in known if one.state is State.PLANNED]
    for one in planned:  # also those that were: the run before this one may have ended here
        await _queue(run, one)
    run.progress(100, 100, "queued")
    return {"planned": len(planned), **{state: _count(done, state) for state in (State.SKIPPED, State.CANCELLED)}}


@schedules.job(
    "flrts.reminders.sweep",
    ReminderSweep,
    timeout=TIMEOUT,
    retry=RETRY,
    deadline=2 * MINUTE,  # then another has come
    priority=Priority.HIGH,
    follow_ups=(SEND, *left_behind.FOLLOW_UPS),
)
async def sweep(run: Run, _: ReminderSweep) -> dict[str, int]:
    """Queue again what is due and has no job, such as after Redis has lost them: reminders first, then words."""
    opened = await run.open(records)
    due, queued = 0, 0
    at, after = now(), None
    while due < MOST_SWEPT:
        async with opened.engine.connect() as connection:
            page = await reminding.due_before(connection, at, after, PAGE)
        for one in page:
            queued += await _queue(run, one)
        due += len(page)
        run.progress(due, MOST_SWEPT, "looked at")
        if len(page) < PAGE:
            break
        after = (page[-1].due_at, page[-1].id)
    return {"due": due, "queued": queued, **await left_behind.queue_again(run, opened)}


schedules.schedule(Schedule("flrts-reminders", "* * * * *", "flrts.reminders.sweep", catch_up=CatchUp.SKIP))


async def _queue(run: Run, one: Reminder) -> bool:
    """Whether its job is new: that of a reminder's version is queued once."""
    delay = max(one.due_at - now(), timedelta(0))
    return (await run.enqueue(SEND, ReminderDue(one.id, one.version), delay=delay)).new


def _count(done: list[Change], state: State) -> int:
    return sum(change.wanted.state is state for change in done)


async def _arranged(engine: AsyncEngine, task: int) -> list[Change]:
    """What was changed of the task's reminders. Raises Discard, and Retry when others change them again and again."""
    for _ in range(ROUNDS):
        try:
            async with engine.begin() as connection:
                return await _arrange(connection, task, now())
        except _Outrun:
            continue
    raise Retry(reason="the task's reminders were changed at the same moment")


class _Outrun(Exception):
    """Another has changed a reminder since it was seen."""


async def _arrange(connection: AsyncConnection, task: int, at: datetime) -> list[Change]:
    wanted = await _wanted(connection, task)
    made = changes(wanted, await reminding.reminders_of(connection, task), at)
    for change in sorted(made, key=lambda one: one.wanted.id):  # as whoever else holds several of them
        if not await reminding.put(connection, change.wanted, change.seen):
            raise _Outrun
    return made


async def _wanted(connection: AsyncConnection, task: int) -> Wanted:
    """What the task asks for, which nobody changes until the transaction ends: of two runs the later sees it later."""
    c = tasks.c
    held = update(tasks).where(c.id == task).values(seen_at=c.seen_at).returning(c.due, c.closed, c.assignee)
    found = (await connection.execute(held)).one_or_none()
    if found is None:
        return Wanted(task, {}, "the task is gone")
    if found.closed:
        return Wanted(task, {}, "the task is closed")
    if found.due is None or found.assignee is None:
        return Wanted(task, {})
    own = select(users.c.id, users.c.timezone).where(users.c.openproject_id == found.assignee).order_by(users.c.id)
    moments: dict[Place, datetime] = {}
    for user, zone in await connection.execute(own):
        moments |= {(user, before): moment for before, moment in _moments(found.due, zone).items()}
    return Wanted(task, moments)


def _moments(due: Any, zone: str) -> dict[str, datetime]:
    try:
        return due_instants(due, zone)
    except UsageError as problem:
        raise Discard(str(problem)) from None
