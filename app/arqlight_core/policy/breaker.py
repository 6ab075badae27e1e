"""When to stop asking a dependency that is down, and how to find out that it is back."""

from dataclasses import dataclass, field
from datetime import timedelta

from arqlight_core.policy.durations import MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens after faults of that many distinct jobs in a row, or at a share of faults; open means hold, not fail.

    `rate` (0 to 1; 0 is off) trips once `min_calls` were made within `window`. After `open_for` it is half-open:
    `probes` jobs at a time try, `successes` of them in a row close it, one fault opens it again, each time for twice as
    long, up to half an hour. Closed, it lets the flow grow from the number of probes, doubling each second, until
    `ramp` has passed.
    """

    faults: int = 5
    open_for: timedelta = 300 * SECOND
    probes: int = 1
    successes: int = 2
    rate: float = 0.0
    min_calls: int = 20
    window: timedelta = MINUTE
    ramp: timedelta = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something outside that jobs need, such as a provider's API; its breaker is shared by all queues that name it."""

    name: str
    breaker: Breaker = field(default_factory=Breaker)
