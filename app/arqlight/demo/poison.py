"""A job that takes its worker down whenever it runs, as one does that needs more memory than there is.

Nothing in the job does so: the kernel's part is played here. The fleet survives, and sets the job aside.
"""

import asyncio
import os
import signal
from contextlib import suppress

import psutil

from arqlight.demo.playbill import BY
from arqlight.demo.traffic import Ground
from arqlight_core import observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_core.operations import OPERATIONS
from arqlight_core.policy import MINUTE

WATCH_SECONDS = 0.02
ENOUGH = 2
"""Lost workers after which the job is set aside: the first makes it suspected, under the second it was alone."""

CAREFUL_FOR = MINUTE
"""For how long one lost worker makes a job suspected: sooner than declared, so that few go down for the show."""

HEEDED_AFTER = 1.5
"""Seconds after which workers go by it."""


async def be_careful(ground: Ground, queue: str) -> None:
    """Have a job of that queue suspected as soon as a worker was lost under it."""
    set_poison_after = OPERATIONS["set_poison_after"].run
    await set_poison_after(ground.store, queue, value="1", actor=BY, reason="a worker was lost", for_=CAREFUL_FOR)
    await asyncio.sleep(HEEDED_AFTER)


async def poison(ground: Ground, job_id: str) -> int:
    """Kill each worker of our own that runs this job, until it has ended; answers how many were killed."""
    killed = set[str]()
    while True:
        view = await _seen(ground, job_id)
        if view is None or view.state in (State.DEAD, State.COMPLETED, State.CANCELLED):
            return len(killed)
        runs = view.state is State.ACTIVE and view.lapses < ENOUGH
        if runs and view.worker not in killed and take_down(ground.fleet, view.worker):
            killed.add(view.worker)
        await asyncio.sleep(WATCH_SECONDS)


async def _seen(ground: Ground, job_id: str) -> JobView | None:
    with suppress(JobNotFound):
        return await observe.job(ground.store, job_id)
    return None


def take_down(fleet: int, worker: str) -> bool:
    """Whether it was one of the fleet's own: others may serve the same queues."""
    _, _, rest = worker.rpartition("-")[0].rpartition("-")
    with suppress(psutil.NoSuchProcess, ProcessLookupError, ValueError):
        if int(rest) in {one.pid for one in psutil.Process(fleet).children(recursive=True)}:
            os.kill(int(rest), signal.SIGKILL)
            return True
    return False
