"""How full limits are: of an exact one, how many jobs lie within its span; of a paced one, how many go at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arqlight_core.policy import Rate, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store


@dataclass(frozen=True, slots=True)
class Use:
    """Of one rate, how much a key ('': everybody) has used; when it is full the next job waits."""

    key: str
    rate: str
    used: int
    most: int

    @property
    def share(self) -> float:
        """How full it is (0 to 1)."""
        return min(1.0, self.used / self.most)


@dataclass(frozen=True, slots=True)
class Metered:
    """A limit by the rates that count now, and the keys that are asked about."""

    name: str
    exact: bool
    rates: tuple[Rate, ...]
    keys: tuple[str, ...]


async def uses(store: Store, limits: Sequence[Metered]) -> list[tuple[Use, ...]]:
    """How full each limit is for each of its keys, by the fullest rate, the fullest key first: one round trip."""
    calls = [
        scripts.usage(one.name, key, int(one.exact), [milliseconds(rate.per) for rate in one.rates])
        for one in limits
        for key in one.keys
    ]
    answers = iter(await store.run_all(calls) if calls else [])
    return [_fullest_first([use_of(one, key, next(answers)) for key in one.keys]) for one in limits]


def _fullest_first(found: Iterable[Use]) -> tuple[Use, ...]:
    return tuple(sorted(found, key=lambda use: use.share, reverse=True))


def use_of(limit: Metered, key: str, answer: Sequence[int]) -> Use:
    """The use of the rate that is nearest to its limit, out of what `scripts.usage` answered."""
    now_us, *told = answer
    found = [
        Use(key, str(rate), *((amount, rate.limit) if limit.exact else _ahead(rate, amount - now_us)))
        for rate, amount in zip(limit.rates, told, strict=True)
    ]
    return max(found, key=lambda use: use.used / use.most)


def _ahead(rate: Rate, ahead_us: int) -> tuple[int, int]:
    """How many of the jobs that may go at once have gone; the spacing is that of `admit.lua`."""
    burst = min(rate.limit, rate.at_once)
    spacing = -(-milliseconds(rate.per) * 1000 // (rate.limit - burst + 1))
    return -(-max(0, ahead_us) // spacing), burst
