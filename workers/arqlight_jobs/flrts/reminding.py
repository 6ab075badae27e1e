"""The reminders on record: whom, of which task, when. Every change is a compare-and-set on what was seen.

A new moment makes a new version; a job carries the version that it was queued for, and does nothing for an older one.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import RowMapping, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.flrts.tables.metadata import LONGEST_WORD
from arqlight_jobs.flrts.tables.people import users
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.tasks import tasks
from arqlight_jobs.outbound.rows import put_if_new

OWN = "@"
"""What stands before a moment that somebody has chosen themselves, where others have an offset."""

_DIGITS = 32


class State(StrEnum):
    """Where a reminder stands."""

    PLANNED = "planned"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    FAILED = "failed"


OPEN = (State.PLANNED, State.FAILED)
"""In which a job may still send it: one that has failed is sent where an operator has its job tried again."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder. `before` is the offset from the due date as it was given, or OWN and the moment itself."""

    id: str
    task: int
    user: str
    before: str
    due_at: datetime
    version: int = 1
    late: bool = False
    state: State = State.PLANNED
    reason: str = ""
    ended_at: datetime | None = None

    @property
    def is_own(self) -> bool:
        """Whether its user has chosen the moment."""
        return self.before.startswith(OWN)


_COLUMNS = [reminders.c[one.name] for one in fields(Reminder)]


def reminder_id(task: int, user: str, before: str) -> str:
    """The id of the one reminder of that task for that user at that offset."""
    return sha256(f"{task}/{user}/{before}".encode()).hexdigest()[:_DIGITS]


async def reminder_of(connection: AsyncConnection, own: str) -> Reminder | None:
    """The reminder of that id."""
    row = (await connection.execute(select(*_COLUMNS).where(reminders.c.id == own))).mappings().one_or_none()
    return None if row is None else _reminder(row)


async def reminders_of(connection: AsyncConnection, task: int) -> list[Reminder]:
    """All of a task's, whatever became of them."""
    chosen = select(*_COLUMNS).where(reminders.c.task == task).order_by(reminders.c.id)
    return [_reminder(row) for row in (await connection.execute(chosen)).mappings()]


async def put(connection: AsyncConnection, one: Reminder, seen: Reminder | None) -> bool:
    """Write the reminder in place of the one that was seen; False when another has changed it since."""
    if seen is None:
        return await put_if_new(connection, reminders, asdict(one))
    held = (reminders.c.version == seen.version, reminders.c.state == seen.state)
    changed = update(reminders).where(reminders.c.id == one.id, *held).values(**asdict(one))
    return (await connection.execute(changed)).rowcount == 1


async def end(connection: AsyncConnection, one: Reminder, state: State, reason: str, at: datetime) -> bool:
    """Note what became of a reminder; False when it is another version's or over already."""
    open_ = (reminders.c.version == one.version, reminders.c.state.in_(OPEN))
    told: dict[str, Any] = {"state": state, "reason": reason[:LONGEST_WORD], "ended_at": at}
    ended = update(reminders).where(reminders.c.id == one.id, *open_).values(**told)
    return (await connection.execute(ended)).rowcount == 1


async def plan_own(connection: AsyncConnection, task: int, user: str, at: datetime) -> tuple[str, int]:
    """Note that the user wants to be reminded at that moment; the id and the version that its job is queued for.

    Told again, it is the same reminder, unless it is over: then a new version.
    """
    moment = at.astimezone(UTC).replace(microsecond=0)
    before = f"{OWN}{moment:%Y-%m-%dT%H:%M:%SZ}"
    own = reminder_id(task, user, before)
    while True:
        seen = await reminder_of(connection, own)
        if seen is not None and seen.state is State.PLANNED:
            return own, seen.version
        version = 1 if seen is None else seen.version + 1
        planned = Reminder(own, task, user, before, moment, version)
        if await put(connection, planned, seen):  # or another was faster
            return own, version


async def due_before(
    connection: AsyncConnection, at: datetime, after: tuple[datetime, str] | None, limit: int
) -> list[Reminder]:
    """Planned ones that were due before that moment, those due first, behind the one of that due moment and id."""
    c = reminders.c
    chosen = select(*_COLUMNS).where(c.state == State.PLANNED, c.due_at < at)
    if after is not None:
        moment, own = after
        chosen = chosen.where((c.due_at > moment) | ((c.due_at == moment) & (c.id > own)))
    chosen = chosen.order_by(c.due_at, c.id).limit(limit)
    return [_reminder(row) for row in (await connection.execute(chosen)).mappings()]


async def unplanned(connection: AsyncConnection, due_from: date, limit: int) -> list[tuple[int, date]]:
    """Open tasks of known users that are due then or later, and of which no reminder is on record; with their dates."""
    t, own = tasks.c, reminders.c
    of_it = (own.task == t.id, own.user == users.c.id, ~own.before.startswith(OWN))
    lacking = (t.closed.is_(False), t.due >= due_from, ~exists().where(*of_it))
    chosen = select(t.id, t.due).join(users, users.c.openproject_id == t.assignee).where(*lacking)
    rows = await connection.execute(chosen.distinct().order_by(t.due, t.id).limit(limit))
    return [(task, due) for task, due in rows]


async def listed(
    connection: AsyncConnection, *, user: str = "", task: int | None = None, states: Collection[State], limit: int
) -> list[Reminder]:
    """Reminders in these states, of that user and task where one is named, those due first."""
    c = reminders.c
    chosen = select(*_COLUMNS).where(c.state.in_(states))
    chosen = chosen.where(c.user == user) if user else chosen
    chosen = chosen.where(c.task == task) if task is not None else chosen
    chosen = chosen.order_by(c.due_at, c.id).limit(limit)
    return [_reminder(row) for row in (await connection.execute(chosen)).mappings()]


def _reminder(row: RowMapping) -> Reminder:
    return replace(Reminder(**row), state=State(row["state"]))
