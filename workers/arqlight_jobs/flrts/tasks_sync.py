"""The queue in which tasks are read from OpenProject, and its one job type: of one project, of one user, or of all.

What was changed there since the watermark is read, closed tasks too; what was changed here is sent if it is not there.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.policy import HOUR, Dependency, Mode, Schedule, Unique
from arqlight_core.run import Run
from arqlight_jobs.flrts.applying import FOLLOW_UPS, follow_left_behind
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.references import ids_of
from arqlight_jobs.flrts.requests import ChangeAsked, SyncAsked
from arqlight_jobs.flrts.tables.tasks import changes, tasks
from arqlight_jobs.flrts.tasks_sync_reading import TasksReading, assignee_of
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.flrts.watermarks import move, read_through, share
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.openproject import OPENPROJECT

SYNC, UPDATE = "flrts.tasks.sync", "flrts.tasks.update"

ROUND = "projects"
"""The scope of all known projects."""

EVERY_MINUTES = 10

MOST_CHANGES = 500
"""Changes of ours that one pass sends."""

syncs = queue("flrts:tasks:sync", "Reads tasks from OpenProject, and sees that what was changed here gets there.")


def _key(asked: SyncAsked) -> str:
    return f"{asked.scope}:{asked.bucket}"


@syncs.job(
    SYNC,
    SyncAsked,
    timeout=TIMEOUT,
    retry=RETRY,
    id_of=_key,
    unique=Unique(HOUR, Mode.SIMPLE, by=_key),
    exclusive=lambda asked: None if asked.scope == ROUND else f"flrts:{asked.scope}",
    needs=(Dependency(OPENPROJECT.dependency, concerns=lambda asked: asked.scope != ROUND),),
    follow_ups=(SYNC, UPDATE, *FOLLOW_UPS),
)
async def sync(run: Run, asked: SyncAsked) -> dict[str, Any]:
    """Read what was changed of a scope's tasks since the last time, and send what was changed here."""
    opened = await run.open(records)
    return await (_round(run, opened) if asked.scope == ROUND else _sync(run, opened, asked.scope))


syncs.schedule(Schedule("flrts-tasks", f"*/{EVERY_MINUTES} * * * *", SYNC, payload={"scope": ROUND}))


async def _round(run: Run, opened: Records) -> dict[str, Any]:
    """Queue one for each project that is known; at first that is the one that tasks are made in."""
    if not opened.settings.openproject_base_url:
        return {"projects": 0, "why": "OPENPROJECT_BASE_URL is not set"}
    async with opened.engine.connect() as connection:
        known = await ids_of(connection, "project")
    known = known or [opened.settings.openproject_project]
    await _send(run, opened.engine, ROUND)
    for project in known:
        await run.enqueue(SYNC, SyncAsked(f"project:{project}", _bucket()))
    return {"projects": len(known)}


def _bucket() -> str:
    at = now()
    return f"{at.replace(minute=at.minute // EVERY_MINUTES * EVERY_MINUTES):%Y%m%d%H%M}"


async def _sync(run: Run, opened: Records, scope: str) -> dict[str, Any]:
    reading = await _reading(run, opened, scope)
    try:
        passing = await read_through(run, opened.engine, reading, share())
    except Discard as problem:
        raise Discard(f"{scope} cannot be read: {problem}; its watermark stays") from None
    sent = await _send(run, opened.engine, scope)
    await follow_left_behind(run, opened.engine, TIMEOUT)
    mark = await move(opened.engine, passing)
    return {"read": passing.seen, "changed": reading.changed, "sent": sent, "watermark": mark and mark.isoformat()}


async def _reading(run: Run, opened: Records, scope: str) -> TasksReading:
    """Raises Discard for a user whom OpenProject does not know."""
    kind, _, own = scope.partition(":")
    client = await run.open(provider_client)
    if kind == "user":
        async with opened.engine.connect() as connection:
            own = str(await assignee_of(connection, own))
    return TasksReading(run, opened, client, scope, own)


async def _send(run: Run, engine: AsyncEngine, scope: str) -> int:
    """Queue the changes of the scope's tasks that are not sent yet, the oldest first, and say how many there are.

    To the scope of all belong those of tasks that are not known: no project's pass would come across them.
    """
    async with engine.connect() as connection:
        waiting = await _waiting(connection, scope)
    for change, task in waiting:
        await run.enqueue(UPDATE, ChangeAsked(task, change))
    return len(waiting)


async def _waiting(connection: AsyncConnection, scope: str) -> list[tuple[str, int]]:
    kind, _, own = scope.partition(":")
    match kind:
        case "project":
            mine = tasks.c.project == own
        case "user":
            mine = tasks.c.assignee == await assignee_of(connection, own)
        case _:
            mine = tasks.c.id.is_(None)
    chosen = select(changes.c.id, changes.c.task).outerjoin(tasks, tasks.c.id == changes.c.task)
    chosen = chosen.where(changes.c.state == "pending", mine).order_by(changes.c.created_at, changes.c.id)
    return [(change, task) for change, task in await connection.execute(chosen.limit(MOST_CHANGES))]
