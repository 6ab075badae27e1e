"""Rates and percentiles from the per-minute counters that the scripts keep."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import add, mul

BOUNDS_MS = (
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
)  # fmt: skip
"""Upper bounds of the latency histogram; `shared.lua` has the same list. One more bin holds what is above."""

WAIT, RUN = "w", "r"
_BINS = {kind: [f"{kind}{place}" for place in range(1, len(BOUNDS_MS) + 2)] for kind in (WAIT, RUN)}

MIDDLES_MS = [(low + high) / 2 for low, high in pairwise((0, *BOUNDS_MS, BOUNDS_MS[-1] * 2))]
"""What a duration in each bin is taken for where durations are added up."""


@dataclass(frozen=True, eq=False)
class Minute:
    """One minute's counters: events by name, and the bins of both histograms as `w<bin>` and `r<bin>`."""

    counts: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, event: str) -> int:
        """How often it happened."""
        return self.counts.get(event, 0)

    def bins(self, kind: str) -> list[int]:
        """The histogram of waits or runs."""
        return self._histograms[kind]

    @cached_property
    def _histograms(self) -> dict[str, list[int]]:
        """Picked out once: whoever looks often asks for those of past minutes again and again."""
        known = self.counts.get
        return {kind: [known(name, 0) for name in names] for kind, names in _BINS.items()}

    @cached_property
    def claimed(self) -> int:
        """How many jobs were claimed: each has waited."""
        return sum(self.bins(WAIT))

    @cached_property
    def runs(self) -> int:
        """How many runs completed."""
        return sum(self.bins(RUN))

    @cached_property
    def ran_ms(self) -> float:
        """How long they took together, each bin's taken at its middle."""
        return sum(map(mul, self.bins(RUN), MIDDLES_MS))


STILL = Minute()
"""One in which nothing happened."""


def rate(minutes: Sequence[Minute], event: str, now_ms: int) -> float:
    """Events a second over the last sixty: the running minute, and of the one before what still lies within."""
    gone = (now_ms % 60_000) / 60_000
    running, before = minutes[0].of(event), minutes[1].of(event)
    return (running + before * (1 - gone)) / 60


def total(minutes: Sequence[Minute], event: str) -> int:
    """How often it happened in all these minutes."""
    return minutes[0].of(event) + _before(tuple(minutes[1:])).of(event)


def merged(minutes: Iterable[Minute]) -> Minute:
    """All of them as one."""
    counts = Counter[str]()
    for minute in minutes:
        counts.update(minute.counts)
    return Minute(counts)


_before = lru_cache(maxsize=64)(merged)
"""Those that are over are asked for at every look, and never change."""


def percentile_ms(minutes: Sequence[Minute], kind: str, share: float) -> float | None:
    """The duration that `share` of the jobs did not exceed, interpolated within its bin; None without jobs."""
    bins = list(map(add, minutes[0].bins(kind), _before(tuple(minutes[1:])).bins(kind)))
    wanted, below = sum(bins) * share, 0
    for place, count in enumerate(bins):
        if count and below + count >= wanted:
            low = BOUNDS_MS[place - 1] if place else 0
            high = BOUNDS_MS[place] if place < len(BOUNDS_MS) else BOUNDS_MS[-1] * 2
            return low + (high - low) * (wanted - below) / count
        below += count
    return None
