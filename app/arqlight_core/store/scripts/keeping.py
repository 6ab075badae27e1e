"""Calls that keep house over a long time: minutes summed to hours and read again, leftovers swept out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from arqlight_core.store.keys import QueueKeys
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
    """Counters of minutes or hours, those without any left out. They are unpacked one at a time: there are many."""

    now_ms: int
    packed: Sequence[tuple[int, bytes]]

    @property
    def counts(self) -> Iterator[tuple[int, dict[str, int]]]:
        """Each minute or hour by its number since 1970, and its counters."""
        return ((n, msgspec.msgpack.decode(told, type=dict[str, int])) for n, told in self.packed)


def measures(queue: QueueKeys, unit: str, first: int, count: int, job_type: str) -> Call[Measures]:
    """Read `count` minutes or hours from `first` on; of one job type, or with an empty one of the queue."""
    return Call("measures", queue, (unit, first, count, job_type), lambda answer: Measures(answer[0], answer[1:]))
