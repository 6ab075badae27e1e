"""How often something may be done: limits over a queue, a tenant, a sender, a user or a channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from arqlight_core.policy.durations import spoken


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` within any span of `per`. `burst` is how many may go at once where the limit is not exact."""

    limit: int
    per: timedelta
    burst: int = 0

    @property
    def at_once(self) -> int:
        """The burst: as given, else a tenth of the limit."""
        return self.burst or max(1, self.limit // 10)

    def __str__(self) -> str:
        return f"{self.limit} per {spoken(self.per).removeprefix('1 ')}"


def has_twins(rates: Sequence[Rate]) -> bool:
    """Whether two of them are over the same span: one never binds, and the server keeps one pace for each span."""
    return len({rate.per for rate in rates}) < len(rates)


@dataclass(frozen=True, slots=True)
class Limit:
    """Rates that all hold at once, for each key by itself; a job takes all its limits or none.

    `by` gives the key of a payload, None where the limit does not concern it; without `by` there is one key for all.
    `exact` counts every job in a sliding log, so that the whole limit is usable at once; else GCRA spreads it, with
    limit - burst + 1 as the sustained rate, so that no span holds more than the limit either. A key that holds a
    sensitive field goes to the server as a digest. The same limit declared in two queues is shared by them.
    """

    name: str
    rates: tuple[Rate, ...]
    by: Callable[[Any], str | None] | None = None
    exact: bool = False

    def key_of(self, payload: object) -> str | None:
        """Whom this payload is counted for."""
        return "" if self.by is None else self.by(payload)
