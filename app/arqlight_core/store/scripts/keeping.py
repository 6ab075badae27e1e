"""Calls that keep house over a long time: minutes summed to hours and read again, leftovers swept out."""

from dataclasses import dataclass
from typing import Any

from arqlight_core.store.keys import QueueKeys, word
from arqlight_core.store.scripts.call import Call

INDEXES = ("scheduled", "retrying", "held", "maturing", "active", "came", "lapses", "trash")
"""Sorted sets in which something can be left behind, in the order in which they are swept."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one chunk of an index."""

    seen: int
    removed: int


def rollup(queue: QueueKeys, kept_ms: int) -> Call[int]:
    """Sum the minutes of one finished hour; answers how many finished hours are left."""
    return Call("rollup", queue, (kept_ms,), int)


def gauge(queue: QueueKeys, every_ms: int) -> Call[bool]:
    """Note how many jobs are due and how many run; False when somebody has done so within `every_ms`."""
    return Call("gauge", queue, (every_ms,), bool)


def sweep(queue: QueueKeys, index: str, offset: int, limit: int) -> Call[Swept]:
    """Remove from a chunk of an index what belongs to nothing any more."""
    return Call("sweep", queue, (index, offset, limit), lambda answer: Swept(*answer))


@dataclass(frozen=True, slots=True)
class Measures:
    """Counters of minutes or hours by their number since 1970, those without any left out."""

    now_ms: int
    counts: dict[int, dict[str, int]]


def measures(queue: QueueKeys, unit: str, first: int, count: int, job_type: str) -> Call[Measures]:
    """Read `count` minutes or hours from `first` on; of one job type, or with an empty one of the queue."""
    return Call("measures", queue, (unit, first, count, job_type), _measures)


def _measures(answer: list[Any]) -> Measures:
    now_ms, *rows = answer
    counts = {n: {word(k): v for k, v in zip(told[::2], told[1::2], strict=True)} for n, told in rows}
    return Measures(now_ms, counts)
