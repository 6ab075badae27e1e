"""What operators order while a worker runs: live settings of its queues, and to be quiet, to go on or to stop."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict
from signal import Signals
from typing import TYPE_CHECKING, Any

from arqlight_core import live_values
from arqlight_core.errors import UsageError
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Orders, Override, Request, Rule
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.standing_holds import AT_MOST, standing

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

logger = logging.getLogger("arqlight.orders")

HEED_EVERY = 1.0
STOPPED_BY_REQUEST = 75
"""Exit status of a process that an operator stopped: whoever supervises it starts no other in its place."""


class Obedience:
    """Looks each second, and does as it is told."""

    def __init__(self, worker: "FleetWorker") -> None:
        self._worker = worker
        self.heard: Request | None = None
        """The newest request, from the moment it is obeyed."""
        self.changed = asyncio.Event()
        """Set whenever other live settings count than before; whoever waits for it clears it."""

    @property
    def stops(self) -> bool:
        """Whether the worker ends because it was asked to."""
        return self.heard is not None and self.heard.what == "stop"

    async def heed(self) -> str:
        """Apply the live settings that count now, and obey a new request; answers what stands."""
        worker = self._worker
        rules = [scripts.holds(served.keys, AT_MOST) for served in worker.served]
        orders, *holds = await worker.store.run_all([scripts.orders([worker.worker_id]), *rules])
        worker.store.live.feed(orders)
        told = [problem for served in worker.served for problem in self._apply(served, orders)]
        for served, (now, standing_rules) in zip(worker.served, holds, strict=True):
            told += await self._hold(served, now, standing_rules)
        self._obey(orders.requests.get(worker.worker_id))
        for queue, setting in orders.expired:
            await worker.store.run(scripts.restore(queue, setting, "", ""))
        standing = sum(len(served.overridden) for served in worker.served)
        return "; ".join([f"{standing} overridden", *told])

    def _apply(self, served: ServedQueue, orders: Orders) -> list[str]:
        """Problems are told instead of raised: what one version of us wrote, another may not be able to read."""
        try:
            values = _values(served, orders.standing(served.keys.name))
        except UsageError as problem:
            return [f"{served.keys.name}: {problem}"]
        if served.override(values):
            logger.info("live settings of %s: %s", served.keys.name, values or "as declared")
            self._worker.claims.look_at(served.keys.name)
            self.changed.set()
        return []

    async def _hold(self, served: ServedQueue, now: int, rules: Mapping[str, Rule]) -> list[str]:
        """Take note of a queue's standing holds, and lift those whose time is over; answers problems as above."""
        try:
            served.holds = standing(rules, now)
        except UsageError as problem:
            return [f"{served.keys.name}: {problem}"]
        for name, rule in rules.items():
            if not rule.stands(now):
                await self._worker.store.run(scripts.lift_hold(served.keys, name, "", ""))
        return []

    def _obey(self, asked: Request | None) -> None:
        if asked is None or asked == self.heard or self.stops:
            return
        self.heard = asked
        worker = self._worker
        logger.info("asked by %s to %s: %s", asked.by, asked.what, asked.reason or "no reason given")
        if asked.what in ("quiet", "resume"):
            worker.allow_pick_jobs = asked.what == "resume"
            for served in worker.served:
                worker.claims.look_at(served.keys.name)
        elif asked.what == "stop" and not worker.draining:
            worker.handle_sig(Signals.SIGTERM)

    def told(self) -> dict[str, Any] | None:
        """The request that is obeyed, for the heartbeat."""
        return asdict(self.heard) if self.heard else None


def _values(served: ServedQueue, standing: dict[str, Override]) -> dict[str, Any]:
    settings = {setting: override.value for setting, override in standing.items()}
    return live_values.values(settings, lambda name: served.overridden.get(name, getattr(served, name)))
