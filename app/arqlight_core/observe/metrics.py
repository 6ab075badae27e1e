"""What a queue, a job type or the whole fleet has done over an hour or a month: counts and percentiles by the step."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from operator import mul
from typing import Literal

from arqlight_core.errors import JobTypeNotFound, UsageError
from arqlight_core.observe.minutes import MIDDLES_MS, RUN, WAIT, Minute, merged, percentile_ms
from arqlight_core.observe.window import keys_of
from arqlight_core.policy import DAY, HOUR, MINUTE, milliseconds, spoken
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

MINUTES_KEPT, HOURS_KEPT = 2 * DAY, 30 * DAY
BY_MINUTE_UP_TO = 6 * HOUR
"""Longer spans are told by the hour."""

_CHUNK = {"minute": 60, "hour": 2}
"""How many the server reads in one call, some 2 ms: an hour that is not summed yet is sixty minutes to read."""

_TOGETHER = 4
"""Queues that are asked in one round trip: an hour's counters of 28 take fifteen megabytes until they are added up."""

_WAITING, _ACTIVE = "gauge:waiting", "gauge:active"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Durations in ms that half, 95 % and 99 % of the jobs did not exceed; None without jobs."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One minute or hour from `at_ms` on: how often what happened, how long jobs waited and ran."""

    at_ms: int
    counts: dict[str, int]
    wait: Percentiles
    run: Percentiles
    waiting: float | None = None
    """How many jobs were due, on average; None where nobody has looked."""
    active: float | None = None
    """How many jobs ran, on average."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Points of `step_ms` each, the oldest first and the running one last, and all of them taken together."""

    at_ms: int
    queue: str
    job_type: str
    step_ms: int
    points: tuple[Point, ...]
    whole: Point
    wait_bins: tuple[int, ...] = ()
    """How many jobs waited up to each of BOUNDS_MS and longer than the one before; the last: longer than all."""
    run_bins: tuple[int, ...] = ()

    @property
    def run_average_ms(self) -> float | None:
        """Of completed runs, each taken at the middle of its bin; None without any."""
        runs = sum(self.run_bins)
        return sum(map(mul, self.run_bins, MIDDLES_MS)) / runs if runs else None


async def metrics(store: Store, queue: str | None, job_type: str | None = None, span: timedelta = HOUR) -> Metrics:
    """The series over a span back from now, of one queue or of all. A job type's waits are those of its completed jobs.

    Raises QueueNotFound, JobTypeNotFound, and UsageError for a span that is longer than what is kept.
    """
    if not MINUTE <= span <= HOURS_KEPT:
        raise UsageError(f"Metrics of {spoken(span)} are not to be had; ask for 1 min to {spoken(HOURS_KEPT)}.")
    queues = [await keys_of(store, queue)] if queue else await _all(store)
    if job_type and job_type not in (known := await store.counted_job_types(queues)):
        raise JobTypeNotFound(f"No job of type {job_type} has run there; known are: {', '.join(known) or 'none'}.")
    unit, step = ("minute", MINUTE) if span <= BY_MINUTE_UP_TO else ("hour", HOUR)
    step_ms, many = milliseconds(step), -(-span // step)
    now_ms = await store.time_ms()
    first = now_ms // step_ms - many + 1
    chunks = [(n, min(_CHUNK[unit], first + many - n)) for n in range(first, first + many, _CHUNK[unit])]
    steps = {n: _Step() for n in range(first, first + many)}
    for place in range(0, len(queues), _TOGETHER):
        some = queues[place : place + _TOGETHER]
        calls = [scripts.measures(keys, unit, start, size, job_type or "") for keys in some for start, size in chunks]
        for answer in await store.run_all(calls):
            for n, counts in answer.counts:
                steps[n].add(counts)
    points = tuple(step.point(n * step_ms) for n, step in steps.items())
    every = _Step(merged(Minute(step.counts) for step in steps.values()).counts)
    whole = replace(every.point(first * step_ms), waiting=_mean(points, "waiting"), active=_mean(points, "active"))
    bins = (tuple(Minute(every.counts).bins(kind)) for kind in (WAIT, RUN))
    return Metrics(now_ms, queue or "", job_type or "", step_ms, points, whole, *bins)


async def _all(store: Store) -> list[QueueKeys]:
    return [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]


@dataclass(slots=True)
class _Step:
    """What all queues together did in one minute or hour, added up queue by queue."""

    counts: dict[str, int] = field(default_factory=dict[str, int])
    depths: dict[str, float] = field(default_factory=dict[str, float])
    """By gauge, how many there were on average; none where nobody has looked."""

    def add(self, counts: dict[str, int]) -> None:
        """Add what one queue did."""
        known = self.counts.get
        for name, count in counts.items():
            self.counts[name] = known(name, 0) + count
        if looks := counts.get("gauges"):
            for gauge in (_WAITING, _ACTIVE):
                self.depths[gauge] = self.depths.get(gauge, 0.0) + counts.get(gauge, 0) / looks

    def point(self, at_ms: int) -> Point:
        """The same to be read."""
        events = sorted(one for one in self.counts if not one[1:].isdigit() and not one.startswith("gauge"))
        counts = {name: self.counts[name] for name in events}
        depths = (self.depths.get(_WAITING), self.depths.get(_ACTIVE))
        return Point(at_ms, counts, _percentiles(self.counts, WAIT), _percentiles(self.counts, RUN), *depths)


def _mean(points: Sequence[Point], depth: Literal["waiting", "active"]) -> float | None:
    told = [number for point in points if (number := getattr(point, depth)) is not None]
    return sum(told) / len(told) if told else None


def _percentiles(counts: dict[str, int], kind: str) -> Percentiles:
    if not counts:
        return Percentiles(None, None, None)
    p50, p95, p99 = (percentile_ms([Minute(counts)], kind, share) for share in (0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99)
