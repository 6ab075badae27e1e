"""What a worker process says of itself every few seconds: who it is, what it runs, how it is."""

import importlib.metadata
import os
import platform
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from arqlight_core.clock import monotonic, now_ms
from arqlight_core.process_identity import born, place
from arqlight_core.store.declarations import declarations, fingerprint, undeclared
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.chore import Chore
from arqlight_fleet.vitals import Vitals

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

BEAT_EVERY = 3.0
BEAT_KEPT_MS = 15_000
_LONGEST_RUNNING = 10


class Heartbeat:
    """Beats for one worker; also at once when there is something new to say."""

    def __init__(self, worker: "FleetWorker", vitals: Vitals, chores: Callable[[], Sequence[Chore]]) -> None:
        self._worker, self._vitals, self._chores = worker, vitals, chores
        self._declared = declarations(worker.queues)
        self._undeclared = {} if worker.queues else {one.keys.name: undeclared(one.keys) for one in worker.served}
        self._identity = _identity(worker.worker_id) | {
            "declarations": {name: fingerprint(told) for name, told in self._declared.items()},
            "functions": sorted(worker.functions),
        }

    async def beat(self) -> str:
        """Tell the server."""
        store = self._worker.store
        if self._declared:
            await store.publish_queues(self._declared)
        if self._undeclared:
            await store.introduce_queues(self._undeclared)
        began = monotonic()
        now = await store.time_ms()
        trip_ms = round((monotonic() - began) * 1000, 2)
        await store.beat(self._worker.worker_id, self._told(now) | {"round_trip_ms": trip_ms}, now, BEAT_KEPT_MS)
        self._worker.up.set()
        return "told"

    def _told(self, now: int) -> dict[str, Any]:
        worker = self._worker
        running = sorted(worker.attempts.values(), key=lambda attempt: attempt.claimed.claimed_ms)
        return {
            **self._identity,
            **self._vitals.told(),
            "beat_ms": now,
            "state": self._state,
            "request": worker.orders.told(),
            "capacity": worker.capacity or sum(served.concurrency for served in worker.served),
            "running": len(running),
            "longest": [_running(attempt) for attempt in running[:_LONGEST_RUNNING]],
            "queues": {s.keys.name: {"running": s.running, "concurrency": s.concurrency} for s in worker.served},
            "jobs": {"completed": worker.jobs_complete, "failed": worker.jobs_failed, "retried": worker.jobs_retried},
            "chores": [chore.told() for chore in self._chores()],
        }

    @property
    def _state(self) -> str:
        if self._worker.draining:
            return "draining"
        return "running" if self._worker.allow_pick_jobs else "quiet"


def _identity(worker_id: str) -> dict[str, Any]:
    return {
        "id": worker_id,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "place": place(),
        "born": born(os.getpid()),
        "started_ms": now_ms(),
        "python": platform.python_version(),
        "version": importlib.metadata.version("arqlight"),
    }


def _running(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.job_id,
        "queue": attempt.served.keys.name,
        "job_type": attempt.function_name,
        "since_ms": attempt.claimed.claimed_ms,
    }
