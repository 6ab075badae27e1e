"""Renews the leases of running jobs from a thread with a connection of its own.

A busy event loop must not lose its leases unseen; a stuck one must: a watchdog stops renewing when the loop no longer
answers. The server's answer alone says that a lease is lost: while the server is away nobody else can take the job.
"""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from arqlight_core.clock import monotonic
from arqlight_core.jobs import Lease
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.lease_line import LeaseLine
from arqlight_fleet.holds import Holds

logger = logging.getLogger("arqlight.lease")

LOCK_FACTOR = 20
"""The in-progress key outlives its lease: the owner may come back after an outage if nobody took the job over."""


@dataclass(slots=True)
class _Held:
    queue: QueueKeys
    lease: Lease
    on_lost: Callable[[], None]


class LeaseKeeper:
    """Holds the leases of one process. `start` it inside the event loop it watches."""

    def __init__(self, url: str, lease_seconds: float) -> None:
        self.lease_ms = round(lease_seconds * 1000)
        self.lock_ms = self.lease_ms * LOCK_FACTOR
        self.holds = Holds()
        self._trouble = ""
        self._every = lease_seconds / 3
        self._line = LeaseLine(url)
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arqlight-leases", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unanswered_since: float | None = None

    def start(self) -> None:
        """Begin to renew, and to watch the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; leases still held run out by themselves."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._every)
        self._line.close()

    def hold(self, queue: QueueKeys, lease: Lease, on_lost: Callable[[], None]) -> None:
        """Renew this lease until it is dropped; `on_lost` is called in the event loop."""
        with self._lock:
            self._held[lease.job_id] = _Held(queue, lease, on_lost)

    def drop(self, lease: Lease) -> None:
        """Renew this lease no more."""
        with self._lock:
            held = self._held.get(lease.job_id)
            if held is not None and held.lease == lease:
                del self._held[lease.job_id]

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            if self._silence_of_the_loop() > self.lease_ms / 1000:
                logger.error("the event loop is stuck: its leases are not renewed any more")
                continue
            self._renew_all()

    def _silence_of_the_loop(self) -> float:
        """How long a question has stood unanswered; what this thread spent waiting is not held against the loop."""
        asked = self._unanswered_since
        if asked is not None:
            return monotonic() - asked
        if self._loop is not None and not self._loop.is_closed():
            self._unanswered_since = monotonic()
            self._loop.call_soon_threadsafe(self._hear_the_loop)
        return 0.0

    def _hear_the_loop(self) -> None:
        self._unanswered_since = None

    def _renew_all(self) -> None:
        with self._lock:
            by_queue: dict[QueueKeys, list[_Held]] = defaultdict(list)
            for held in self._held.values():
                by_queue[held.queue].append(held)
        try:
            for queue, held in by_queue.items():
                self._renew(queue, held)
            for on_lost in self.holds.renew(self._line, self.lease_ms):
                self._tell(on_lost)
            self._trouble = ""
        except Exception as problem:  # noqa: BLE001 - refused or unreachable: the next turn may fare better
            if str(problem) != self._trouble:  # an outage is told once, not with every turn
                logger.warning("leases could not be renewed: %s", problem)
            self._trouble = str(problem)

    def _renew(self, queue: QueueKeys, held: list[_Held]) -> None:
        call = scripts.renew(queue, self.lease_ms, self.lock_ms, [one.lease for one in held])
        lost = set(self._line.run(call))
        for one in held:
            if one.lease.job_id in lost:
                self._lose(one)

    def _lose(self, held: _Held) -> None:
        with self._lock:
            current = self._held.get(held.lease.job_id)
            if current is None or current.lease != held.lease:
                return  # settled while the renewal was on its way
            del self._held[held.lease.job_id]
        self._tell(held.on_lost)

    def _tell(self, on_lost: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(on_lost)
