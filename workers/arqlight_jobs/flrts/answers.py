"""What commands show of the task hub's records."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.flrts.mirror import Task
from arqlight_jobs.flrts.tables.tasks import tasks

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are asked for: of an assignee by OpenProject's id, of a project, also closed ones."""

    assignee: int | None = None
    project: str = ""
    also_closed: bool = False
    limit: int = MOST_LISTED


async def tasks_listed(connection: AsyncConnection, wanted: Wanted) -> list[Task]:
    """Such tasks as they were last seen: what is due first, then what has no date."""
    chosen = select(*(tasks.c[name] for name in Task.__slots__))
    if wanted.assignee is not None:
        chosen = chosen.where(tasks.c.assignee == wanted.assignee)
    if wanted.project:
        chosen = chosen.where(tasks.c.project == wanted.project)
    if not wanted.also_closed:
        chosen = chosen.where(tasks.c.closed.is_(False))
    ordered = chosen.order_by(tasks.c.due.is_(None), tasks.c.due, tasks.c.id).limit(wanted.limit)
    return [Task(**row) for row in (await connection.execute(ordered)).mappings()]
