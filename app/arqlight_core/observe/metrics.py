"""What a queue, a job type or the whole fleet has done over an hour or a month: counts and percentiles by the step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from arqlight_core.errors import JobTypeNotFound, UsageError
from arqlight_core.observe.minutes import BOUNDS_MS, RUN, WAIT, Minute, merged, percentile_ms
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
    calls = [scripts.measures(keys, unit, start, size, job_type or "") for keys in queues for start, size in chunks]
    answers = await store.run_all(calls)
    steps = [_of_step(answers, n) for n in range(first, first + many)]
    points = tuple(_point((first + place) * step_ms, one) for place, one in enumerate(steps))
    every = [minute for step in steps for minute in step]
    whole = replace(_point(first * step_ms, every), waiting=_mean(points, "waiting"), active=_mean(points, "active"))
    bins = (_summed(every, WAIT), _summed(every, RUN))
    return Metrics(now_ms, queue or "", job_type or "", step_ms, points, whole, *bins)


async def _all(store: Store) -> list[QueueKeys]:
    return [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]


def _of_step(answers: list[scripts.Measures], n: int) -> list[Minute]:
    """What each queue did in one step."""
    return [Minute(answer.counts[n]) for answer in answers if n in answer.counts]


def _summed(minutes: list[Minute], kind: str) -> tuple[int, ...]:
    return tuple(sum(minute.bins(kind)[place] for minute in minutes) for place in range(len(BOUNDS_MS) + 1))


def _point(at_ms: int, minutes: list[Minute]) -> Point:
    events = {name for one in minutes for name in one.counts if not name[1:].isdigit() and not name.startswith("gauge")}
    counts = {name: sum(one.of(name) for one in minutes) for name in sorted(events)}
    depths = (_depth(minutes, "gauge:waiting"), _depth(minutes, "gauge:active"))
    return Point(at_ms, counts, _percentiles(minutes, WAIT), _percentiles(minutes, RUN), *depths)


def _depth(minutes: list[Minute], gauge: str) -> float | None:
    """How many there were on average, over all queues."""
    looked = [minute for minute in minutes if minute.of("gauges")]
    return sum(minute.of(gauge) / minute.of("gauges") for minute in looked) if looked else None


def _mean(points: Sequence[Point], depth: Literal["waiting", "active"]) -> float | None:
    told = [number for point in points if (number := getattr(point, depth)) is not None]
    return sum(told) / len(told) if told else None


def _percentiles(minutes: list[Minute], kind: str) -> Percentiles:
    if not minutes:
        return Percentiles(None, None, None)
    together = [merged(minutes)]
    p50, p95, p99 = (percentile_ms(together, kind, share) for share in (0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99)
