"""The loops of a worker process: what each did last, and whether it fails or does not come to its turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.policy import SECOND, milliseconds

FAILED = "failed:"
"""What the result of a turn that came to nothing begins with."""
_PATIENCE_MS = milliseconds(15 * SECOND)
"""How much later than its second turn a chore may be: turns take time, and a busy process does others first."""


@dataclass(frozen=True, slots=True)
class ChoreView:
    """One such loop, by the worker's own clock (ms)."""

    name: str
    every: float
    """Seconds between two turns, at most."""
    last_ms: int = 0
    """When it last had done its turn; 0 before the first."""
    last_result: str = ""

    @property
    def failed(self) -> bool:
        """Whether its last turn came to nothing."""
        return self.last_result.startswith(FAILED)


def late(chore: ChoreView, chores: Sequence[ChoreView], started_ms: int) -> bool:
    """Whether a chore has missed more than one turn, while others of its process had theirs.

    All moments are of the worker's clock, which may differ from everybody else's.
    """
    latest = max(one.last_ms for one in chores)
    return latest - (chore.last_ms or started_ms) > 2 * chore.every * 1000 + _PATIENCE_MS
