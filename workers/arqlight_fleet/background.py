"""What a worker does beside its jobs: hears wake-ups, writes progress, beats, keeps house."""

import asyncio
import logging
import os
import socket
from typing import TYPE_CHECKING, Any, Self

from arqlight_core.clock import now_ms
from arqlight_core.policy import Keep, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import OUTAGES
from arqlight_fleet import neighbourhood
from arqlight_fleet.chore import Chore
from arqlight_fleet.served import ServedQueue

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.background")

PROGRESS_EVERY = 0.5
BEAT_EVERY = 3.0
BEAT_KEPT_MS = 15_000
NEIGHBOURS_EVERY = 1.0
PRUNE_EVERY = 5.0
PRUNE_CHUNK = 200


class Background:
    """The loops beside a worker's jobs, alive while the context is."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self._started_ms = now_ms()
        self._tasks: list[asyncio.Task[None]] = []
        self.chores = [
            Chore("progress", PROGRESS_EVERY, self._write_progress),
            Chore("heartbeat", BEAT_EVERY, self._beat),
            Chore("neighbours", NEIGHBOURS_EVERY, self._bury_neighbours),
            Chore("retention", PRUNE_EVERY, self._prune),
            Chore("arq heartbeat", worker.poll_delay_s, self._arq_heartbeat),
        ]
        if worker.allow_abort_jobs:
            self.chores.append(Chore("aborts", worker.poll_delay_s, worker.aborts.stop_running))

    async def __aenter__(self) -> Self:
        loops = [self._listen(), *(chore.run() for chore in self.chores)]
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=0.5)  # and again: a cancellation can get lost inside a Redis client
        try:
            await self._worker.store.retire(self._worker.worker_id)
        except OUTAGES as problem:
            logger.warning("the last heartbeat stays until it expires: %s", problem)

    async def _listen(self) -> None:
        """Hears the queues' wake-ups; while it cannot, polling goes on."""
        while True:
            try:
                async with self._worker.store.wakes([served.keys for served in self._worker.served]) as woken:
                    async for name in woken:
                        self._worker.claims.look_at(name)
            except OUTAGES:
                await asyncio.sleep(1.0)

    async def _write_progress(self) -> str:
        changed = [attempt for attempt in self._worker.attempts.values() if attempt.handle.changed]
        for attempt in changed:
            self._worker.post_progress(attempt)
        return f"{len(changed)} jobs"

    async def _beat(self) -> str:
        worker = self._worker
        if worker.queues:
            await publish(worker.store, worker.queues)
        now = await worker.store.time_ms()
        await worker.store.beat(worker.worker_id, self._told(now), now, BEAT_KEPT_MS)
        return "told"

    def _told(self, now: int) -> dict[str, Any]:
        worker = self._worker
        return {
            "id": worker.worker_id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "place": neighbourhood.place(),
            "beat_ms": now,
            "started_ms": self._started_ms,
            "state": "draining" if worker.draining else "running",
            "queues": {s.keys.name: {"running": s.running, "concurrency": s.concurrency} for s in worker.served},
            "jobs": {"completed": worker.jobs_complete, "failed": worker.jobs_failed, "retried": worker.jobs_retried},
            "chores": [chore.told() for chore in self.chores],
        }

    async def _bury_neighbours(self) -> str:
        """Worker processes of this machine that died take no lease with them: their jobs are due at once."""
        dead = [told for told in await self._worker.store.workers() if neighbourhood.is_dead(told)]
        calls = [scripts.lapse(served.keys, told["id"]) for told in dead for served in self._worker.served]
        ended = sum(await self._worker.store.run_all(calls)) if calls else 0
        for told in dead:
            logger.warning("worker %s died; %d of its leases ended", told["id"], ended)
            await self._worker.store.retire(told["id"])
        return f"{len(dead)} dead"

    async def _arq_heartbeat(self) -> str:
        await self._worker.heart_beat()
        return "told"

    async def _prune(self) -> str:
        forgotten = 0
        for served in self._worker.served:
            keep = served.retention
            for state, kept in (("completed", keep.completed), ("dead", keep.dead), ("cancelled", keep.dead)):
                forgotten += await self._prune_state(served, state, kept)
        return f"{forgotten} forgotten"

    async def _prune_state(self, served: ServedQueue, state: str, kept: Keep) -> int:
        forgotten = 0
        while True:
            call = scripts.prune(served.keys, state, kept.count, milliseconds(kept.age), PRUNE_CHUNK)
            pruned = await self._worker.store.run(call)
            forgotten += pruned
            if pruned < PRUNE_CHUNK:
                return forgotten
