"""The reference model of a parent's children, in a few lines of plain Python."""

from dataclasses import dataclass, field

from arqlight_core.flow import Tally

AHEAD = 500
"""How far ahead of what its parent has noted a child may end."""


def is_fatal(number: int) -> bool:
    """Which children may not die, in these tests."""
    return number % 3 == 2


@dataclass
class FlowModel:
    """The children of one life of a parent, by number, and how those that have ended did."""

    life: int
    total: int = 0
    ends: dict[int, str] = field(default_factory=dict[int, str])
    awaited: bool = False

    def end(self, number: int, outcome: str) -> bool:
        """Whether this is news: the first end of a child, or the success of one that had ended otherwise."""
        before = self.ends.get(number)
        if not 0 <= number < self.total + AHEAD:
            return False
        if before == "completed" or (before and outcome != "completed"):
            return False
        self.ends[number] = outcome
        return True

    @property
    def tally(self) -> Tally:
        """As the parent would see it."""
        counts = {how: list(self.ends.values()).count(how) for how in ("completed", "dead", "cancelled")}
        return Tally(self.total, **counts)

    @property
    def fatal(self) -> int:
        """How many died that may not."""
        return sum(is_fatal(number) for number, outcome in self.ends.items() if outcome == "dead")

    @property
    def may_go_on(self) -> bool:
        """Whether the parent waits for nobody any more."""
        return self.tally.open <= 0 or self.fatal > 0
