"""What we know of OpenProject's tasks: each as it was last seen there, never an older state over a newer one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_jobs.flrts.tables.tasks import references, tasks
from arqlight_jobs.outbound.rows import put_or_change
from arqlight_jobs.providers.openproject_reading import WorkPackage


@dataclass(frozen=True, slots=True)
class Task:
    """A task. `status` is the status's name, `assignee` and `project` are OpenProject's ids."""

    id: int
    project: str
    subject: str
    description: str
    status: str
    closed: bool
    due: date | None
    assignee: int | None
    lock_version: int
    updated_at: datetime


_COLUMNS = [tasks.c[name] for name in Task.__slots__]


async def note(connection: AsyncConnection, package: WorkPackage) -> bool:
    """Whether this is news: then it is what we know of the task from now on."""
    known = await task_of(connection, package.id)
    task = Task(
        id=package.id,
        project=package.project,
        subject=package.subject,
        description=package.description,
        status=package.status,
        closed=await _is_closed(connection, package, known),
        due=package.due,
        assignee=package.assignee,
        lock_version=package.lock_version,
        updated_at=package.updated_at,
    )
    if task == known:
        return False
    row: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__} | {"seen_at": now()}
    return await put_or_change(connection, tasks, row, row, _is_older_than(task))


async def task_of(connection: AsyncConnection, task: int) -> Task | None:
    """The task of that id, if we know it."""
    row = (await connection.execute(select(*_COLUMNS).where(tasks.c.id == task))).mappings().one_or_none()
    return None if row is None else Task(**row)


async def open_tasks(connection: AsyncConnection, openproject_id: int, limit: int) -> list[Task]:
    """What somebody has to do, by OpenProject's id of them: what is due first, then what has no date."""
    mine = tasks.c.assignee == openproject_id, tasks.c.closed.is_(False)
    ordered = select(*_COLUMNS).where(*mine).order_by(tasks.c.due.is_(None), tasks.c.due, tasks.c.id).limit(limit)
    return [Task(**row) for row in (await connection.execute(ordered)).mappings()]


def _is_older_than(task: Task) -> ColumnElement[bool]:
    """What is known counts as older, too, when both are of one version: then the later reading knows more."""
    same = and_(tasks.c.lock_version == task.lock_version, tasks.c.updated_at <= task.updated_at)
    return or_(tasks.c.lock_version < task.lock_version, same)


async def _is_closed(connection: AsyncConnection, package: WorkPackage, known: Task | None) -> bool:
    """As OpenProject tells, else as its list of statuses does, else as it was while it had the same status."""
    if package.closed is not None:
        return package.closed
    status = references.c.kind == "status", references.c.id == package.status_id
    facts = (await connection.execute(select(references.c.facts).where(*status))).scalar_one_or_none()
    if facts is not None:
        return bool(facts.get("is_closed"))
    return known is not None and known.status == package.status and known.closed
