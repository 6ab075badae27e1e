"""The fleet's share of bulk operations: what nobody carries is taken up here, from where another left off.

So is the account of one that has ended, should whoever ended it not have given it to the audit trail.

A few of a process at a time: a bulk leaves the server in peace most of the time, and a slow one holds up no other.
"""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from arqlight_core.operations.carrying import Carrier
from arqlight_core.operations.closing import TELLING_MS, close_bulk
from arqlight_core.store import scripts
from arqlight_core.store.connect import will_pass
from arqlight_core.store.gateway import OUTAGES
from arqlight_core.store.keys import QueueKeys

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.bulks")

LOOK_EVERY = 1.0
AT_MOST = 100
AT_ONCE = 4
"""Bulks that one process carries."""


class Bulks:
    """Looks each second for bulks that nobody carries."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self._carried: dict[tuple[QueueKeys, str], asyncio.Task[None]] = {}

    async def look(self) -> str:
        """Take up what nobody carries, as far as there is room; answers what is in hand."""
        standing = await self._open()
        for queue, name, record, now_ms in standing:
            if "ended" in record and int(record["ended"]) + TELLING_MS <= now_ms:
                await close_bulk(self._worker.store, queue, name, self._worker.worker_id)
        self._carried = {bulk: task for bulk, task in self._carried.items() if not task.done()}
        free = [
            (queue, name)
            for queue, name, record, now_ms in standing
            if record["state"] in ("queued", "running") and int(record.get("lease", 0)) <= now_ms
        ]
        self._take_up([bulk for bulk in free if bulk not in self._carried])
        names = ", ".join(name for _, name in self._carried)
        return f"carrying {names}" if names else "none to carry"

    def _take_up(self, free: list[tuple[QueueKeys, str]]) -> None:
        worker = self._worker
        for queue, name in [] if worker.draining else free[: AT_ONCE - len(self._carried)]:
            carrier = Carrier(worker.store, queue, name, worker.worker_id, closes=True)
            self._carried[queue, name] = asyncio.create_task(_carry(carrier))

    async def _open(self) -> list[tuple[QueueKeys, str, dict[str, str], int]]:
        """Every bulk of our queues that is not over, or not accounted for: queue, name and record, and the clock."""
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
        running = [task for task in self._carried.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _carry(carrier: Carrier) -> None:
    try:
        await carrier.carry()
    except asyncio.CancelledError:
        with contextlib.suppress(*OUTAGES):
            await carrier.let_go()
        raise
    except Exception as problem:
        if not will_pass(problem):
            raise
        logger.warning("a bulk is gone on with when the server is well again: %s", problem)
