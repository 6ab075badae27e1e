"""How a process that cannot run all it could shares its room between queues: in strict order, or by weight."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Order(StrEnum):
    """Who comes first when there is not room for all."""

    WEIGHTED = "weighted"
    """Each queue gets its share of what there is, in proportion to its weight."""
    STRICT = "strict"
    """A queue gets what those declared before it leave."""


@dataclass(slots=True)
class Sharing:
    """Allots room among queues; remembers who is owed, so that a share of a third comes round every third time."""

    order: Order = Order.WEIGHTED
    _credit: dict[str, int] = field(default_factory=dict[str, int])

    def allot(self, wanted: Sequence[tuple[str, int, int]], room: int) -> list[int]:
        """How many of `room` each gets; each is (name, how many it could take, weight)."""
        if sum(most for _, most, _ in wanted) <= room:
            return [most for _, most, _ in wanted]
        return self._strict(wanted, room) if self.order is Order.STRICT else self._weighted(wanted, room)

    def _strict(self, wanted: Sequence[tuple[str, int, int]], room: int) -> list[int]:
        given: list[int] = []
        for _, most, _ in wanted:
            given.append(min(most, room))
            room -= given[-1]
        return given

    def _weighted(self, wanted: Sequence[tuple[str, int, int]], room: int) -> list[int]:
        """Smooth weighted round-robin, as nginx balances: https://github.com/phusion/nginx/commit/27e94984486058d73."""
        given = dict.fromkeys((name for name, _, _ in wanted), 0)
        for _ in range(room):
            hungry = [(name, weight) for name, most, weight in wanted if given[name] < most]
            for name, weight in hungry:
                self._credit[name] = self._credit.get(name, 0) + weight
            chosen = max(hungry, key=lambda one: self._credit[one[0]])[0]
            self._credit[chosen] -= sum(weight for _, weight in hungry)
            given[chosen] += 1
        return list(given.values())
