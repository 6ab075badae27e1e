"""When a claim is worth its round trip, and for how many jobs: room, due moments, bursts, outages."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from arqlight_core.clock import monotonic, now_ms
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Appetite, Claim, breaker_rules
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.exchange import Parcel
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.sharing import Sharing

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

_CLAIM_AT_MOST = 500
"""Jobs a claim takes at once: beyond some fifty nothing is gained, and a script must stay short."""

SUSPECT_ALONE_MS = 30_000
"""How long a worker takes no second job that is suspected of taking workers down."""


class Claims:
    """A worker's appetite. `begin` is called with each claimed job."""

    def __init__(self, worker: "FleetWorker", begin: Callable[[Attempt], None]) -> None:
        self._worker = worker
        self._begin = begin
        self._taken = 0
        self._turn = 0
        self._sharing = Sharing(worker.order)
        self._none_before = 0.0

    def due(self) -> list[Parcel]:
        """A claim for each queue that has room and may have jobs due."""
        moment = monotonic()
        if not self._open or moment < self._none_before:
            return []
        ready = [served for served in self._worker.served if served.free and served.next_look <= moment]
        shares = self._sharing.allot([(one.keys.name, one.free, one.weight) for one in ready], self._room)
        favoured = self._favoured(ready)
        return [
            self._claim(served, share, suspects=int(served is favoured))
            for served, share in zip(ready, shares, strict=True)
            if share
        ]

    @property
    def _room(self) -> int:
        """How many more jobs this process may take in."""
        capacity = self._worker.capacity
        return self.left if capacity is None else max(0, min(self.left, capacity - len(self._worker.attempts)))

    @property
    def _open(self) -> bool:
        return self._worker.allow_pick_jobs and not self._worker.draining and self.left > 0

    @property
    def left(self) -> int:
        """How many more jobs a burst may take."""
        most = self._worker.max_burst_jobs
        if not self._worker.burst or most < 0:
            return _CLAIM_AT_MOST
        return max(0, most - self._taken)

    def _claim(self, served: ServedQueue, share: int, suspects: int) -> Parcel:
        worker, leases = self._worker, self._worker.leases
        served.claims += 1
        served.stirred = False
        served.next_look = monotonic() + worker.poll_delay_s  # the answer knows better, should there be one
        limit = min(share, _CLAIM_AT_MOST)
        rules = breaker_rules(served.breaker) if served.breaker else ""
        appetite = Appetite(limit, served.fleet_concurrency, served.poison_after, suspects, self._sole, rules)
        call = scripts.claim(served.keys, appetite, leases.lease_ms, leases.lock_ms, worker.worker_id, served.claims)
        return Parcel(call, lambda claim: self._take(served, claim, limit), is_claim=True)

    def _take(self, served: ServedQueue, claim: Claim, limit: int) -> None:
        wait = self._worker.poll_delay_s
        if 0 <= claim.next_due_ms < wait * 1000:
            wait = claim.next_due_ms / 1000
        served.next_look = monotonic() + (0.0 if served.stirred or len(claim.jobs) == limit else wait)
        self._taken += len(claim.jobs)
        for claimed in claim.jobs:
            self._begin(Attempt.begin(served, claimed, self._worker.resources))

    @property
    def _sole(self) -> int:
        return int(len(self._worker.served) == 1)

    def _favoured(self, ready: list[ServedQueue]) -> ServedQueue | None:
        """Who may begin a job that is suspected of taking workers down: in the whole process, one does at a time.

        Its neighbours need not wait for the end of a long one: one that has run for a while is no longer the first to
        be blamed.
        """
        since = now_ms() - SUSPECT_ALONE_MS
        if any(attempt.claimed.suspicion and attempt.begun_ms > since for attempt in self._worker.attempts.values()):
            return None
        self._turn += 1
        return ready[self._turn % len(ready)] if ready else None

    async def rest(self) -> None:
        """Wait until a claim may be due or something stirs."""
        delay = self._worker.poll_delay_s
        looks = [served.next_look for served in self._worker.served if served.free and self._open and self._room]
        wait = max(min(looks), self._none_before) - monotonic() if looks else delay
        stir = self._worker.exchange.stir
        try:
            async with asyncio.timeout(min(max(wait, 0.001), delay)):
                await stir.wait()
        except TimeoutError:
            pass
        stir.clear()

    def heed_outage(self) -> None:
        """After an outage in which leases may have lapsed their owners come first: claiming waits for one renewal."""
        exchange = self._worker.exchange
        if exchange.last_outage > exchange.brief_outage:
            self._none_before = monotonic() + self._worker.lease_seconds / 2
        exchange.last_outage = 0.0

    def look_at(self, name: str) -> None:
        """Claim from this queue at once: it says that a job may be due."""
        for served in self._worker.served:
            if served.keys.name == name:
                served.next_look, served.stirred = 0.0, True
        self._worker.exchange.stir.set()
