"""When a failed job is tried again."""

from dataclasses import dataclass, replace
from datetime import timedelta

from arqlight_core.policy.durations import HOUR, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, capped, with jitter that only ever adds. `factor` 1 waits the same each time.

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


@dataclass(frozen=True, slots=True)
class Steps:
    """A listed schedule: one wait before each attempt after the first; jitter only ever adds."""

    waits: tuple[timedelta, ...]
    jitter: float = 0.1
    never_on: tuple[type[Exception], ...] = ()

    @property
    def attempts(self) -> int:
        """Runs in all."""
        return len(self.waits) + 1

    def delay(self, attempt: int, roll: float) -> timedelta:
        """The wait after failed attempt number `attempt` (1 is the first); `roll` in [0, 1) places it in the jitter."""
        return self.waits[min(attempt, len(self.waits)) - 1] * (1 + self.jitter * roll)


RetryPolicy = Backoff | Steps


def lasts(policy: RetryPolicy) -> timedelta:
    """How long after the first attempt the last one comes at the earliest: all waits, without jitter."""
    waits = (policy.delay(attempt, 0.0) for attempt in range(1, policy.attempts))
    return sum(waits, timedelta(0))


def outlasting(timeout: timedelta, retry: RetryPolicy, deadline: timedelta) -> list[str]:
    """What of a job type's terms lasts longer than its deadline, to be read after its name."""
    checks = {
        "has a timeout longer than its deadline": timeout > deadline,
        "has a retry schedule longer than its deadline": lasts(retry) > deadline,
    }
    return [problem for problem, wrong in checks.items() if wrong]


def gives_up(policy: RetryPolicy, attempt: int, error: BaseException) -> bool:
    """Whether failed attempt number `attempt` was the last one."""
    return attempt >= policy.attempts or isinstance(error, policy.never_on)


def with_attempts(policy: RetryPolicy, attempts: int) -> RetryPolicy:
    """The same policy with so many runs in all; a listed schedule is cut short, or its last wait repeated."""
    if isinstance(policy, Backoff):
        return replace(policy, attempts=attempts)
    waits = policy.waits + policy.waits[-1:] * max(0, attempts - policy.attempts)
    return replace(policy, waits=waits[: attempts - 1])


STANDARD_WEBHOOKS = Steps(
    (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
)
"""Ten deliveries over 75 h and 35 min: the schedule that Standard Webhooks 1.0 recommends."""
