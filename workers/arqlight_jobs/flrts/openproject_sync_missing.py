"""Looks after tasks that are open as far as is known, and were not among the open ones there: closed, moved or gone."""

from datetime import datetime

import httpx
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import monotonic, now
from arqlight_core.errors import Discard
from arqlight_core.run import Run
from arqlight_jobs.flrts.applying import follow, lay, lay_gone
from arqlight_jobs.flrts.mirror import Task, task_of
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.tables.tasks import tasks
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject_reading import WorkPackage

MOST = 50
"""Tasks that one look asks for, one by one; the next look goes on."""


async def look_after_missing(
    run: Run, opened: Records, client: httpx.AsyncClient, since: datetime, until: float
) -> int:
    """Ask for each that was not seen since that moment, and say how many are gone.

    `until` is the moment of the monotonic clock at which the rest is left to the next look.
    """
    gone = 0
    for task in await _missing(opened.engine, since):
        if monotonic() > until:
            break
        there = await _found(run, opened, client, task)
        async with opened.engine.begin() as connection:
            gone += await _noted(connection, task, there)
        await follow(run, opened.engine, [there or task])
    return gone


async def _missing(engine: AsyncEngine, since: datetime) -> list[Task]:
    unseen = select(tasks.c.id).where(tasks.c.closed.is_(False), tasks.c.seen_at < since)
    chosen = unseen.order_by(tasks.c.seen_at, tasks.c.id).limit(MOST)
    async with engine.connect() as connection:
        ids = (await connection.execute(chosen)).scalars().all()
        found = [await task_of(connection, own) for own in ids]
    return [task for task in found if task]


async def _found(run: Run, opened: Records, client: httpx.AsyncClient, task: Task) -> WorkPackage | None:
    """The task as it is there; None when it is not there, or not for us."""
    try:
        return await openproject.read(client, opened.settings, task.id, run.correlation_id)
    except Discard:
        return None


async def _noted(connection: AsyncConnection, task: Task, there: WorkPackage | None) -> bool:
    """Whether it is gone; else it is as it is there, and was seen now."""
    if there is None:
        return await lay_gone(connection, task)
    await lay(connection, there, is_fresh=False)
    await connection.execute(update(tasks).where(tasks.c.id == task.id).values(seen_at=now()))
    return False
