"""What a bulk operation is to do, as it is written down: whoever carries it out needs nothing else."""

import json
from datetime import timedelta
from hashlib import sha256
from math import inf
from typing import Any

import msgspec

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.selection import Selection

TRASH = "trash:"


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast: at most so many jobs a second (0: as fast as the server bears), after a trial with the first few.

    A trial ends the whole should more than `abort_above` of its jobs fail again as they had failed before.
    """

    per_second: float = 0.0
    canary: int = 0
    abort_above: float = 0.5
    patience: timedelta = timedelta(minutes=2)
    """How long a trial waits for its jobs to end."""

    def __post_init__(self) -> None:
        if not 0 <= self.per_second < inf:
            raise UsageError(f"A pace of {self.per_second:g} is none; give jobs a second, or 0 for as fast as it goes.")
        if self.canary < 0:
            raise UsageError(f"{self.canary} jobs cannot be tried; give a number above 0, or 0 for no trial.")
        if not 0 <= self.abort_above <= 1:
            raise UsageError(f"{self.abort_above:g} is no share of jobs; give one from 0 to 1, such as 0.2.")


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bulk operation in one queue. What a later version has added to it is refused: it may say to spare jobs."""

    action: str
    queue: str
    selection: Selection | None = None
    trash: str = ""
    """The operation whose trash is meant, where no selection is."""
    arguments: dict[str, Any] = {}
    pace: Pace = Pace()

    def encode(self) -> str:
        """As it is kept: in ASCII, for ids may hold bytes that are no text."""
        return json.dumps(msgspec.to_builtins(self))

    @classmethod
    def decode(cls, text: str) -> "Order":
        """Raises msgspec.ValidationError for one that a later version wrote."""
        return msgspec.convert(json.loads(text), cls)

    @property
    def where(self) -> str:
        """What the walk goes through; '' when ids name the jobs."""
        if self.trash:
            return f"{TRASH}{self.trash}"
        selection = self.selection
        return "" if selection is None or selection.ids else str(selection.state)

    @property
    def is_whole(self) -> bool:
        """Whether the walk has to bring what is known of each job.

        The moment at which a live job came is not in its score, unless it waits.
        """
        selection = self.selection
        if selection is None or selection.ids:
            return False
        return selection.is_filtered or selection.state in (State.SCHEDULED, State.RETRYING, State.HELD, State.ACTIVE)


def warrant_of(bulk: str, total: int, order: str) -> str:
    """Under what a bulk's warrant is kept: that of another order, as it is written, or for more jobs is another one."""
    return sha256(f"{bulk} {total} {order}".encode()).hexdigest()
