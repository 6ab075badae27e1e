"""Policies as values with pure decisions: when to try again, and how long to keep what has ended."""

from dataclasses import dataclass
from datetime import timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def milliseconds(wait: timedelta) -> int:
    """A wait as the store takes it, never negative."""
    return max(0, round(wait.total_seconds() * 1000))


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and when a failed job is tried again: exponential, capped, with jitter that only ever adds.

    `attempts` counts runs in all. `never_on` names exceptions after which the same work cannot succeed.
    """

    attempts: int
    first: timedelta = 2 * SECOND
    factor: float = 2.0
    cap: timedelta = 15 * MINUTE
    jitter: float = 0.1
    never_on: tuple[type[Exception], ...] = ()

    def delay(self, attempt: int, roll: float) -> timedelta:
        """The wait after failed attempt number `attempt` (1 is the first); `roll` in [0, 1) places it in the jitter."""
        exponent = min(attempt - 1, 64)
        seconds = min(self.first / SECOND * self.factor**exponent, self.cap / SECOND)  # a timedelta would overflow
        return seconds * SECOND * (1 + self.jitter * roll)

    def gives_up(self, attempt: int, error: Exception) -> bool:
        """Whether failed attempt number `attempt` was the last one."""
        return attempt >= self.attempts or isinstance(error, self.never_on)


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
