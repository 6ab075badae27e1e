"""The fleet's share of bulk operations: what nobody carries is taken up here, from where another left off.

One of a process at a time: a bulk leaves the server in peace most of the time, and so do several in a row.
"""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from arqlight_core.operations.carrying import Carrier
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES
from arqlight_core.store.keys import QueueKeys

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.bulks")

LOOK_EVERY = 1.0
AT_MOST = 100


class Bulks:
    """Looks each second for a bulk that nobody carries."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self._carried = ""
        self._task: asyncio.Task[None] | None = None

    async def look(self) -> str:
        """Take one up, unless one is in hand; answers which."""
        if self._task and not self._task.done():
            return f"carrying {self._carried}"
        free = [
            (queue, name)
            for queue, name, record, now_ms in await self._open()
            if record["state"] in ("queued", "running") and int(record.get("lease", 0)) <= now_ms
        ]
        if not free or self._worker.draining:
            return "none to carry"
        queue, self._carried = free[0]
        carrier = Carrier(self._worker.store, queue, self._carried, self._worker.worker_id, closes=True)
        self._task = asyncio.create_task(_carry(carrier))
        return f"took up {self._carried}"

    async def _open(self) -> list[tuple[QueueKeys, str, dict[str, str], int]]:
        """Every bulk of our queues that is not over: its queue, name and record, and the clock."""
        queues = [served.keys for served in self._worker.served]
        answers = await self._worker.store.run_all([scripts.bulks(queue, "open", AT_MOST) for queue in queues])
        return [
            (queue, name, record, now_ms)
            for queue, (now_ms, found) in zip(queues, answers, strict=True)
            for name, record in found.items()
        ]

    async def inherit(self, dead_id: str) -> None:
        """What a worker known to be dead carried is free at once."""
        for queue, name, record, _ in await self._open():
            if record.get("owner") == dead_id:
                told = ("running", "queued", self._worker.worker_id, f"{dead_id} died", dead_id)
                await self._worker.store.run(scripts.conclude(queue, name, *told))

    async def stop(self) -> None:
        """Let go: the next carrier goes on where this one stands."""
        while self._task and not self._task.done():
            self._task.cancel()  # again, if need be: before 3.12 a `wait_for` that is just done forgets it
            await asyncio.wait([self._task], timeout=1.0)


async def _carry(carrier: Carrier) -> None:
    try:
        await carrier.carry()
    except asyncio.CancelledError:
        with contextlib.suppress(*OUTAGES):
            await carrier.let_go()
        raise
    except OUTAGES as problem:
        logger.warning("a bulk is gone on with when the server is back: %s", problem)
