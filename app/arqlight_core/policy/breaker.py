"""When to stop asking a dependency that is down, and how to find out that it is back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from arqlight_core.policy.durations import MINUTE, SECOND

FAULTS, OPEN_FOR = 5, 300 * SECOND
"""What counts where neither a declaration nor the environment says otherwise."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens after faults of that many distinct jobs in a row, or at a share of faults; open means hold, not fail.

    `rate` (0 to 1; 0 is off) trips once `min_calls` were made within `window`. After `open_for` it is half-open:
    `probes` jobs at a time try, `successes` of them in a row close it, one fault opens it again, each time for twice as
    long, up to half an hour. Closed, it lets the flow grow from the number of probes, doubling each second, until
    `ramp` has passed. What is None is unsaid: the fleet's CIRCUIT_BREAKER_THRESHOLD and CIRCUIT_BREAKER_TIMEOUT.
    """

    faults: int | None = None
    open_for: timedelta | None = None
    probes: int = 1
    successes: int = 2
    rate: float = 0.0
    min_calls: int = 20
    window: timedelta = MINUTE
    ramp: timedelta = 10 * SECOND

    @property
    def opens_at(self) -> int:
        """The faults in a row that open it."""
        return FAULTS if self.faults is None else self.faults

    @property
    def stays_open(self) -> timedelta:
        """How long it is open before it tries."""
        return OPEN_FOR if self.open_for is None else self.open_for

    def completed(self, faults: int, open_for: timedelta) -> "Breaker":
        """The same breaker with these in place of what is unsaid."""
        said = faults if self.faults is None else self.faults
        return replace(self, faults=said, open_for=open_for if self.open_for is None else self.open_for)


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something outside that jobs need, such as a provider's API; its breaker is shared by all queues that name it."""

    name: str
    breaker: Breaker = field(default_factory=Breaker)
    concerns: Callable[[Any], bool] | None = field(default=None, compare=False)
    """Whether a payload needs it at all; without it every one does."""
