"""What people want changed of tasks: on record with what they saw, so that nobody's change is overwritten unseen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.mirror import Task, task_of
from arqlight_jobs.flrts.requests import LONGEST_TITLE
from arqlight_jobs.flrts.tables.tasks import changes
from arqlight_jobs.outbound.rows import put_if_new, the_one
from arqlight_jobs.providers.openproject_reading import WorkPackage

FIELDS = ("subject", "description", "due", "assignee", "status", "closed")
"""What can be changed, by the names of the columns of a task. `status` is a name; `closed` stands for any such one."""

ON_SCHEDULE = frozenset({"due", "assignee"})
"""Fields that say when whom to remind."""

LONGEST_TEXT = 64_000

_SIBLINGS = 100


class State(StrEnum):
    """Where a change stands. After `failed` and `conflict` its job may be run again."""

    PENDING = "pending"
    APPLIED = "applied"
    NOOP = "noop"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """A change by its row."""

    id: str
    task: int
    user: str
    fields: Mapping[str, Any]
    base: Mapping[str, Any]
    state: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """What is sent of a change, and which of its fields stay as somebody else has changed them meanwhile."""

    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    kept: list[str] = field(default_factory=list[str])


async def propose(
    connection: AsyncConnection, task: int, fields: Mapping[str, Any], user: str, *, change: str = ""
) -> str:
    """Put a change on record; answers its id, for the job `flrts.tasks.update`. The same `change` is on record once.

    A value is text, for `due` a date, for `assignee` an id, for `closed` a bool; None takes a date or an assignee away.
    Raises UsageError for a field or value that does not fit.
    """
    if not fields:
        raise UsageError("The change changes nothing; name a field and its new value.")
    wanted = {name: _checked(name, value) for name, value in fields.items()}
    known = await task_of(connection, task)
    seen = plain_of(known) if known else {}
    base = {name: seen[name] for name in wanted if name in seen}
    own = change or uuid4().hex
    row = {"id": own, "task": task, "user": user, "fields": wanted, "base": base}
    await put_if_new(connection, changes, {**row, "state": State.PENDING, "reason": "", "created_at": now()})
    return own


async def change_of(connection: AsyncConnection, change: str) -> Change:
    """The change of that id. Raises Discard when there is none."""
    return await the_one(connection, Change, changes, "change", id=change)


async def siblings_of(connection: AsyncConnection, change: Change) -> list[Change]:
    """The last other changes of the same task that have not failed, the oldest first."""
    columns = [changes.c[name] for name in Change.__slots__]
    others = changes.c.task == change.task, changes.c.id != change.id, changes.c.state != State.FAILED
    newest = changes.c.created_at.desc(), changes.c.id.desc()
    rows = await connection.execute(select(*columns).where(*others).order_by(*newest).limit(_SIBLINGS))
    return [Change(**row) for row in reversed(rows.mappings().all())]


async def end(
    connection: AsyncConnection, change: Change, state: State, reason: str = "", lock_version: int | None = None
) -> bool:
    """Whether the change ends so: one that was applied stays so. `lock_version` is what our PATCH came to."""
    mine = changes.c.id == change.id, changes.c.state != State.APPLIED
    told = {"state": state, "reason": reason, "lock_version": lock_version, "ended_at": now()}
    return (await connection.execute(update(changes).where(*mine).values(**told))).rowcount == 1


# ------------------------------------------------------------------ what is sent


def merged(
    change: Change,
    remote: Mapping[str, Any],
    siblings: Iterable[Change],
    policy: Literal["remote_wins", "local_wins"],
) -> Merged:
    """What is to be sent, by what stands there now and what else we have changed.

    Somebody else has changed a field that is neither as the user saw it nor as one of our own earlier changes had it.
    A field that a later change of ours sets, too, is left to that one.
    """
    earlier = [one for one in siblings if _moment(one) < _moment(change)]
    left = {name for one in siblings if _moment(one) > _moment(change) for name in one.fields}
    made = Merged()
    for name, wanted in change.fields.items():
        there = remote[name]
        if name in left or _same(name, there, wanted):
            continue
        if policy == "remote_wins" and _is_strange(name, there, change, earlier):
            made.kept.append(name)
        else:
            made.sent[name] = wanted
    return made


def plain_of(task: Task | WorkPackage) -> dict[str, Any]:
    """A task's fields as a change has them."""
    due = {"due": task.due and task.due.isoformat()}
    return {name: getattr(task, name) for name in FIELDS} | due


def _moment(change: Change) -> tuple[datetime, str]:
    return change.created_at, change.id


def _is_strange(name: str, there: object, change: Change, earlier: Iterable[Change]) -> bool:
    if there is None and name == "closed":  # it is not told
        return False
    ours = [one.fields[name] for one in earlier if name in one.fields]
    return name in change.base and not any(_same(name, there, one) for one in (change.base[name], *ours))


def _same(name: str, one: object, other: object) -> bool:
    if name == "status":
        return str(one).casefold() == str(other).casefold()
    return one == other


# ------------------------------------------------------------------ values


def _checked(name: str, value: Any) -> Any:
    """The value as JSON carries it. Raises UsageError."""
    if name not in FIELDS:
        raise UsageError(f"A task has no field {name} that can be changed; there are {', '.join(FIELDS)}.")
    if not _CHECKS[name](value):
        raise UsageError(f"That is no {name} for a task; give {_WANTED[name]}.")
    return value.isoformat() if isinstance(value, date) else value


def _is_text(value: object, longest: int) -> bool:
    if not isinstance(value, str) or len(value) > longest:
        return False
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _is_due(value: object) -> bool:
    if not isinstance(value, str):
        return value is None or type(value) is date
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "subject": lambda value: _is_text(value, LONGEST_TITLE) and bool(value.strip()),
    "description": lambda value: _is_text(value, LONGEST_TEXT),
    "due": _is_due,
    "assignee": lambda value: value is None or (type(value) is int and value > 0),
    "status": lambda value: _is_text(value, LONGEST_TITLE) and bool(value.strip()),
    "closed": lambda value: isinstance(value, bool),
}
_WANTED = {
    "subject": f"a text of 1 to {LONGEST_TITLE} signs",
    "description": f"a text of at most {LONGEST_TEXT} signs",
    "due": "a date like 2026-05-31, or none",
    "assignee": "the id of a user of OpenProject, or none",
    "status": "the name of a status",
    "closed": "true or false",
}
