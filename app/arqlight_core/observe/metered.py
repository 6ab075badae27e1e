"""A lookout that counts: all that a page of metrics tells, at a look's cost and four commands more.

Waits and runs are counted by the minute; here their bins are added up from the first look on, so that they only grow,
as a histogram of Prometheus has to. What happened while nobody looked for longer than `fleet.MINUTES` is not in them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import add, sub

from arqlight_core.clock import monotonic
from arqlight_core.observe.alarms import DUTY, AlarmsView
from arqlight_core.observe.alarms import view_of as alarms_of
from arqlight_core.observe.fleet import FleetView
from arqlight_core.observe.lookout import Lookout
from arqlight_core.observe.minutes import MIDDLES_MS, RUN, WAIT
from arqlight_core.observe.protection import guards_of, limit_names
from arqlight_core.observe.server import ServerView
from arqlight_core.observe.server import view_of as server_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

FRESH = 1.0
"""Seconds for which a measure counts: who asks within them is told the same."""

NOTHING = (0,) * len(MIDDLES_MS)


@dataclass(slots=True)
class Durations:
    """How many took up to each of BOUNDS_MS and longer than the one before; the last bin: longer than all."""

    bins: list[int] = field(default_factory=lambda: list(NOTHING))

    @property
    def sum_s(self) -> float:
        """All of them together in seconds, each taken at the middle of its bin."""
        return sum(count * middle for count, middle in zip(self.bins, MIDDLES_MS, strict=True)) / 1000


@dataclass(frozen=True, slots=True)
class Dependency:
    """The breaker of a dependency, in brief."""

    name: str
    state: str
    trips: int
    denied: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Everything that is measured, at one moment."""

    view: FleetView
    server: ServerView
    alarms: AlarmsView
    waits: Mapping[str, Durations]
    """By queue."""
    runs: Mapping[str, Durations]
    breakers: frozenset[str]
    """The queues that have one."""
    dependencies: tuple[Dependency, ...]
    denials: Mapping[str, int]
    """How often each limit has held a job."""


class Metered(Lookout):
    """Measures, for any number of readers: those that come at the same time are told the same."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lock = asyncio.Lock()
        self._latest: tuple[float, Measure] | None = None
        self._seen: dict[tuple[str, str, int], list[int]] = {}
        self._durations: dict[tuple[str, str], Durations] = {}

    async def measure(self) -> Measure:
        """What there is to be told now. Raises one of `gateway.OUTAGES` while the server is away."""
        async with self._lock:
            if self._latest is None or monotonic() - self._latest[0] >= FRESH:
                self._latest = monotonic(), await self._measured()
            return self._latest[1]

    async def _measured(self) -> Measure:
        view = await self.look()
        guards = guards_of(self.published, self.orders)
        names = [one.name for one in guards if one.member]
        limits = limit_names(self.published)
        asked = [scripts.alarms(DUTY), scripts.dependencies(names), scripts.limits(0, limits)]
        info = await self.store.info()
        alarms, dependencies, denials = await self.store.run_all(asked)
        for queue in view.queues:
            self._add_up(queue.name)
        return Measure(
            view=view,
            server=server_of(info, view.took_ms),
            alarms=alarms_of(alarms),
            waits={queue.name: self._durations[queue.name, WAIT] for queue in view.queues},
            runs={queue.name: self._durations[queue.name, RUN] for queue in view.queues},
            breakers=frozenset(one.name for one in guards if not one.member),
            dependencies=tuple(_dependency(*one, dependencies[0]) for one in zip(names, dependencies[1:], strict=True)),
            denials={name: told[0] for name, told in zip(limits, denials[1:], strict=True)},
        )

    def _add_up(self, queue: str) -> None:
        """Add what the queue's minutes have more than at the look before."""
        minutes = self.minutes(queue)
        for kind in (WAIT, RUN):
            durations = self._durations.setdefault((queue, kind), Durations())
            for number, minute in minutes.items():
                place, bins = (queue, kind, number), minute.bins(kind)
                news = (max(0, new) for new in map(sub, bins, self._seen.get(place, NOTHING)))  # less: it was emptied
                durations.bins = list(map(add, durations.bins, news))
                self._seen[place] = bins
        self._seen = {place: bins for place, bins in self._seen.items() if place[0] != queue or place[2] in minutes}


def _dependency(name: str, told: list[bytes], now_ms: int) -> Dependency:
    state, forced, forced_until, trips, denied = (field.decode() for field in told)
    is_forced = forced and not 0 < int(forced_until or 0) <= now_ms
    return Dependency(name, forced if is_forced else state or "closed", int(trips or 0), int(denied or 0))
