"""What a queue or a job type has done over an hour, two days or a month: counts and percentiles, step by step."""

from dataclasses import dataclass
from datetime import timedelta

from arqlight_core.errors import UsageError
from arqlight_core.observe.minutes import RUN, WAIT, Minute, percentile_ms
from arqlight_core.observe.window import keys_of
from arqlight_core.policy import DAY, HOUR, MINUTE, milliseconds, spoken
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

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


@dataclass(frozen=True, slots=True)
class Metrics:
    """Points of `step_ms` each, the oldest first and the running one last, and all of them taken together."""

    at_ms: int
    queue: str
    job_type: str
    step_ms: int
    points: tuple[Point, ...]
    whole: Point


async def metrics(store: Store, queue: str, job_type: str | None = None, span: timedelta = HOUR) -> Metrics:
    """The series over a span back from now. A job type's waits are those of its completed jobs.

    Raises QueueNotFound, and UsageError for a span that is longer than what is kept.
    """
    if not MINUTE <= span <= HOURS_KEPT:
        raise UsageError(f"Metrics of {spoken(span)} are not to be had; ask for 1 min to {spoken(HOURS_KEPT)}.")
    keys = await keys_of(store, queue)
    unit, step = ("minute", MINUTE) if span <= BY_MINUTE_UP_TO else ("hour", HOUR)
    step_ms, many = milliseconds(step), -(-span // step)
    first = await store.time_ms() // step_ms - many + 1
    chunks = [(n, min(_CHUNK[unit], first + many - n)) for n in range(first, first + many, _CHUNK[unit])]
    calls = [scripts.measures(keys, unit, start, size, job_type or "") for start, size in chunks]
    answers: list[scripts.Measures] = await store.run_all(calls)
    told = {n: counts for answer in answers for n, counts in answer.counts.items()}
    steps = [Minute(told.get(n, {})) for n in range(first, first + many)]
    points = tuple(_point((first + place) * step_ms, [one]) for place, one in enumerate(steps))
    return Metrics(answers[-1].now_ms, queue, job_type or "", step_ms, points, _point(first * step_ms, steps))


def _point(at_ms: int, steps: list[Minute]) -> Point:
    events = {name for step in steps for name in step.counts if not name[1:].isdigit()}
    counts = {name: sum(step.of(name) for step in steps) for name in sorted(events)}
    return Point(at_ms, counts, _percentiles(steps, WAIT), _percentiles(steps, RUN))


def _percentiles(steps: list[Minute], kind: str) -> Percentiles:
    p50, p95, p99 = (percentile_ms(steps, kind, share) for share in (0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99)
