"""How long what has ended is kept."""

from dataclasses import dataclass
from datetime import timedelta

from arqlight_core.policy.durations import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep at most `count` ended jobs, none longer than `age`."""

    count: int
    age: timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a queue's ended jobs stay visible. Cancelled jobs are kept as dead ones are."""

    completed: Keep = Keep(1000, HOUR)
    dead: Keep = Keep(10_000, 7 * DAY)
