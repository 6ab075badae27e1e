"""Waits for work on a file that a job does: a bar on stderr until the record of it, or the job, has come to its end."""

import asyncio
from collections.abc import Awaitable, Callable

from rich.console import Console
from rich.progress import Progress

from arqlight_core import observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.custody import OPEN, Status

LOOK_EVERY = 0.3

Look = Callable[[], Awaitable[tuple[Status, int]]]
"""How the record stands, and how many rows are done with."""


async def carried(store: Store, job_id: str, look: Look) -> None:
    """Return once the record has ended, or nobody will carry it on: its job is dead, cancelled or purged."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("queued", total=None)
        while True:
            gone = await is_over(store, job_id)  # first: what it has written is there then
            status, rows = await look()
            bar.update(task, description=f"{status.value}, {rows} rows")
            if status not in OPEN or gone:
                return
            await asyncio.sleep(LOOK_EVERY)


async def is_over(store: Store, job_id: str) -> bool:
    """Whether the job will do nothing more."""
    try:
        return (await observe.job(store, job_id)).state in (State.DEAD, State.CANCELLED, State.COMPLETED)
    except JobNotFound:
        return True
