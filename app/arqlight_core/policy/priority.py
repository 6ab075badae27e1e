"""Who goes first: a priority is a head start in the line, so that an old job of low priority is never starved."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from arqlight_core.policy.durations import HOUR, MINUTE, milliseconds


class Priority(Enum):
    """The value is how much longer than its true wait a job seems to have waited.

    Jobs of stock producers have no head start: they stand with `LOW`, unless their `_defer_until` lies in the past.
    """

    CRITICAL = 4 * HOUR
    HIGH = HOUR
    MEDIUM = 10 * MINUTE
    LOW = timedelta(0)

    @property
    def lane(self) -> float:
        """The fraction of a score that stands for it: such fractions are exact beside a moment in ms."""
        return _LANES[self]

    @classmethod
    def named(cls, name: str) -> "Priority":
        """The priority of that name, in any case. Raises KeyError."""
        return cls[name.upper()]


_LANES = {Priority.LOW: 0.0, Priority.MEDIUM: 0.25, Priority.HIGH: 0.5, Priority.CRITICAL: 0.75}
_OF_LANE = {lane: priority for priority, lane in _LANES.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a due job stands in line: its lane, and since when (ms) it has truly been due."""

    lane: float
    since_ms: int

    @property
    def priority(self) -> Priority:
        """The priority of its lane; a stock producer's fraction of a millisecond is none."""
        return _OF_LANE.get(self.lane, Priority.LOW)

    @classmethod
    def of(cls, score: float) -> "Place":
        """The place that a score in the queue means."""
        lane = score % 1
        return cls(lane, int(score) + milliseconds(_OF_LANE.get(lane, Priority.LOW).value))
