"""What a worker does beside its jobs: hears wake-ups, writes progress, beats, keeps house."""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Self

from arqlight_core.memory import GIVE_BACK_EVERY, give_back
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES
from arqlight_fleet import neighbourhood
from arqlight_fleet.alarms import LOOK_EVERY as LOOK_FOR_ALERTS_EVERY
from arqlight_fleet.alarms import AlarmWatch
from arqlight_fleet.breakers import RESET_EVERY, reset_breakers
from arqlight_fleet.bulks import LOOK_EVERY as LOOK_FOR_BULKS_EVERY
from arqlight_fleet.bulks import Bulks
from arqlight_fleet.chore import Chore
from arqlight_fleet.heartbeat import BEAT_EVERY, Heartbeat
from arqlight_fleet.orders import HEED_EVERY
from arqlight_fleet.reports import CATCH_UP_EVERY
from arqlight_fleet.retention import PRUNE_EVERY, TRIM_EVERY, prune, trim
from arqlight_fleet.schedules import LOOK_EVERY, Schedules
from arqlight_fleet.upkeep import GAUGE_EVERY, ROLLUP_EVERY, SWEEP_EVERY, gauge, roll_up, sweep
from arqlight_fleet.vitals import SAMPLE_EVERY, Vitals

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.background")

PROGRESS_EVERY = 0.5
NEIGHBOURS_EVERY = 1.0
ABORT_WITHIN = 0.5
"""Seconds in which a running job of a declared queue stops that somebody wants aborted."""

LAPSE_CHUNK = 500


class Background:
    """The loops beside a worker's jobs, alive while the context is."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self._tasks: list[asyncio.Task[None]] = []
        self._bulks = Bulks(worker)
        self._alarms = AlarmWatch(worker, worker.alarm) if worker.alarm else None
        vitals = Vitals()
        heartbeat = Heartbeat(worker, vitals, lambda: self.chores)
        self._orders = Chore("orders", HEED_EVERY, partial(self._heed, heartbeat))
        self.chores = [
            Chore("progress", PROGRESS_EVERY, self._write_progress),
            Chore("heartbeat", BEAT_EVERY, heartbeat.beat),
            self._orders,
            Chore("loop", SAMPLE_EVERY, vitals.sample),
            Chore("neighbours", NEIGHBOURS_EVERY, self._bury_neighbours),
            Chore("retention", PRUNE_EVERY, lambda: prune(worker.store, worker.served)),
            Chore("trash", TRIM_EVERY, lambda: trim(worker.store, worker.served, worker.settings.trash_jobs)),
            Chore("children", CATCH_UP_EVERY, worker.reports.catch_up),
            Chore("gauges", GAUGE_EVERY, lambda: gauge(worker.store, worker.served)),
            Chore("rollup", ROLLUP_EVERY, lambda: roll_up(worker.store, worker.served)),
            Chore("sweep", SWEEP_EVERY, lambda: sweep(worker.store, worker.served)),
            Chore("bulks", LOOK_FOR_BULKS_EVERY, self._bulks.look),
            Chore("memory", GIVE_BACK_EVERY, self._give_back),
            Chore("arq heartbeat", worker.poll_delay_s, self._arq_heartbeat),
        ]
        if worker.queues:
            reset = partial(reset_breakers, worker.store, worker.served)
            self.chores.append(Chore("breaker reset", RESET_EVERY, reset))
        if any(served.schedules for served in worker.served):
            schedules = Schedules(worker.served, worker.settings.timezone, worker.store.sealer)
            look, stir = partial(schedules.look, worker.store), worker.orders.changed
            self.chores.append(Chore("schedules", LOOK_EVERY, look, rest=lambda: schedules.rest, stir=stir))
        if worker.allow_abort_jobs or worker.queues:
            every = min(worker.poll_delay_s, ABORT_WITHIN) if worker.queues else worker.poll_delay_s
            self.chores.append(Chore("aborts", every, worker.aborts.stop_running))

        if self._alarms:
            self.chores.append(Chore("alerts", LOOK_FOR_ALERTS_EVERY, self._alarms.look))
            self.chores.append(Chore("silences", LOOK_FOR_ALERTS_EVERY, self._alarms.forget_silences))

    async def __aenter__(self) -> Self:
        await self._orders.turn()  # what operators have set counts from the first job on
        loops = [self._listen(), *(chore.run() for chore in self.chores)]
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=0.5)  # and again: a cancellation can get lost inside a Redis client
        await self._bulks.stop()
        try:
            await self._retire(self._worker.worker_id)
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
        """What is new since the last time; while the server is away it stays with the handles, and does not pile up."""
        if self._worker.exchange.down_since is not None:
            return "the server is away"
        changed = [attempt for attempt in self._worker.attempts.values() if attempt.handle.changed]
        for attempt in changed:
            self._worker.post_progress(attempt)
        return f"{len(changed)} jobs"

    async def _heed(self, heartbeat: Heartbeat) -> str:
        """A request is acknowledged at once, by a heartbeat that names it."""
        orders = self._worker.orders
        before = orders.heard
        told = await orders.heed()
        if orders.heard is not before:
            await heartbeat.beat()
        return told

    async def _give_back(self) -> str:
        await asyncio.to_thread(give_back)
        return "what was free is given back"

    async def _bury_neighbours(self) -> str:
        """Worker processes of this machine that died take no lease with them: their jobs are due at once."""
        dead = [told for told in await self._worker.store.workers() if neighbourhood.is_dead(told)]
        for told in dead:
            logger.warning("worker %s died; %d of its leases ended", told["id"], await self._end_leases(told["id"]))
            await self._bulks.inherit(told["id"])
            await self._retire(told["id"])
        return f"{len(dead)} dead"

    async def _retire(self, worker_id: str) -> None:
        """A worker is gone for good: what it led, another may lead at once."""
        if self._alarms:
            await self._alarms.give_up(worker_id)
        await self._worker.store.retire(worker_id)

    async def _end_leases(self, worker_id: str) -> int:
        """Chunk by chunk through the jobs that run in our queues; answers how many were that worker's."""
        ended, cursors = 0, {served.keys: b"" for served in self._worker.served}
        while cursors:
            calls = [scripts.lapse(keys, worker_id, cursor, LAPSE_CHUNK) for keys, cursor in cursors.items()]
            chunks = await self._worker.store.run_all(calls)
            ended += sum(chunk.ended for chunk in chunks)
            cursors = {keys: chunk.cursor for keys, chunk in zip(cursors, chunks, strict=True) if chunk.cursor}
        return ended

    async def _arq_heartbeat(self) -> str:
        await self._worker.heart_beat()
        return "told"
