"""What each command does: it reads the records, puts on record what is wanted, and names the job that carries it out.

Done again by another run of the same job, each comes to the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.changes import propose
from arqlight_jobs.flrts.commands.parsing import task_and_rest, title_and_due
from arqlight_jobs.flrts.mirror import Task, open_tasks, task_of
from arqlight_jobs.flrts.moments import day_of, moment_of
from arqlight_jobs.flrts.people import User
from arqlight_jobs.flrts.reckoning import zone_of
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.reminding import State, plan_own
from arqlight_jobs.flrts.reminding import listed as reminders_listed
from arqlight_jobs.flrts.requests import ChangeAsked, ReminderDue, TaskAsked
from arqlight_jobs.flrts.tasks_create import effect_of, mark_of
from arqlight_jobs.flrts.wishing import wish

CREATE, UPDATE, REMIND = "flrts.tasks.create", "flrts.tasks.update", "flrts.reminders.send"

MOST_LISTED = 20
LONGEST_SHOWN = 100
"""Signs of a subject in a list."""

MOST_COUNTED = 1000

_NONE = frozenset({"none", "-"})


@dataclass(frozen=True, slots=True)
class Ask:
    """What a user asks for: `rest` stands behind the command; `ref` and `at` are the same in every run of it."""

    opened: Records
    user: User
    rest: str
    ref: str
    at: datetime
    """When it came, from which days and spans are counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the user, and the job that is to be queued; '' for none."""

    text: str
    job: str = ""
    payload: Any = None
    delay: timedelta = timedelta(0)


async def make(ask: Ask) -> Answer:
    """A new task."""
    title, due = title_and_due(ask.rest)
    day = day_of(due, ask.user.timezone, ask.at).isoformat() if due else ""
    asked = TaskAsked(user=ask.user.id, title=title, due=day, ref=ask.ref)
    async with ask.opened.engine.begin() as connection:
        await wish(connection, asked, mark_of(effect_of(asked)))
    return Answer(f"Making the task “{_shown(title)}”{f', due {day}' if day else ''}.", CREATE, asked)


async def listed(ask: Ask) -> Answer:
    """What the user has to do."""
    if ask.user.openproject_id is None:
        return Answer("Nobody has told me who you are in OpenProject, so I cannot tell which tasks are yours.")
    async with ask.opened.engine.connect() as connection:
        found = await open_tasks(connection, ask.user.openproject_id, MOST_LISTED + 1)
    lines = [_line(task) for task in found[:MOST_LISTED]]
    more = ["There are more."] if len(found) > MOST_LISTED else []
    return Answer("\n".join([*lines, *more]) or "You have nothing to do.")


async def close(ask: Ask) -> Answer:
    """No more to do."""
    number, _ = task_and_rest(ask.rest)
    task, asked = await _change(ask, number, {"closed": True})
    return Answer(f"Closing #{number} {_shown(task.subject)}.", UPDATE, asked)


async def change_due(ask: Ask) -> Answer:
    """Another date."""
    number, text = task_and_rest(ask.rest)
    if not text:
        raise UsageError("The day is missing.")
    day = None if text.lower() in _NONE else day_of(text, ask.user.timezone, ask.at)
    task, asked = await _change(ask, number, {"due": day})
    return Answer(f"#{number} {_shown(task.subject)}: {f'due {day}' if day else 'without a date'}.", UPDATE, asked)


async def remind(ask: Ask) -> Answer:
    """Word at a moment of the user's own."""
    number, text = task_and_rest(ask.rest)
    if not text:
        raise UsageError("The moment is missing.")
    at = moment_of(text, ask.user.timezone, ask.at)
    async with ask.opened.engine.begin() as connection:
        task = await _task(connection, ask, number)
        if task.closed:
            raise UsageError(f"#{number} is closed.")
        reminder, version = await plan_own(connection, number, ask.user.id, at)
    local = at.astimezone(zone_of(ask.user.timezone))
    text = f"I remind you of #{number} {_shown(task.subject)} on {local:%Y-%m-%d at %H:%M}."
    return Answer(text, REMIND, ReminderDue(reminder, version), max(at - now(), timedelta(0)))


async def status(ask: Ask) -> Answer:
    """Who is who, and how much is open."""
    own = ask.user.openproject_id
    async with ask.opened.engine.connect() as connection:
        open_ones = await open_tasks(connection, own, MOST_COUNTED) if own is not None else []
        planned = await reminders_listed(connection, user=ask.user.id, states=(State.PLANNED,), limit=MOST_COUNTED)
    today = ask.at.astimezone(zone_of(ask.user.timezone)).date()
    overdue = sum(task.due is not None and task.due < today for task in open_ones)
    return Answer(
        f"You are {ask.user.id}; your days are those of {ask.user.timezone}. "
        f"Open tasks: {len(open_ones)}, of them overdue: {overdue}. Reminders planned: {len(planned)}."
    )


async def _change(ask: Ask, number: int, fields: dict[str, object]) -> tuple[Task, ChangeAsked]:
    """A task that is known, and a change of it that is on record. Raises UsageError."""
    async with ask.opened.engine.begin() as connection:
        task = await _task(connection, ask, number)
        change = await propose(connection, number, fields, ask.user.id, change=ask.ref)
    return task, ChangeAsked(number, change)


async def _task(connection: AsyncConnection, ask: Ask, number: int) -> Task:
    """A task that is given to the user, or to nobody. Raises UsageError, for another's as if there were none."""
    task = await task_of(connection, number)
    if task is None or task.assignee not in (None, ask.user.openproject_id):
        raise UsageError(f"I know no task #{number} that is yours or nobody's; /list tells yours.")
    return task


def _line(task: Task) -> str:
    return f"#{task.id} {_shown(task.subject)}" + (f" (due {task.due})" if task.due else "")


def _shown(subject: str) -> str:
    text = " ".join(subject.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
