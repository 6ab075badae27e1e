"""What the room last saw of the fleet, how old that is, and what keeps it from seeing more."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arqlight_screens.figures import SECOND, age, time_of_day
from arqlight_screens.lines import Line, Part

if TYPE_CHECKING:
    from arqlight_core.observe import FleetView

PATIENCE = 3.0
"""Seconds without an answer after which the view counts as stale, beyond the time between two looks."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The last view, when it came (monotonic seconds), and the sentence of what went wrong since."""

    view: "FleetView | None" = None
    seen: float = 0.0
    problem: str = ""
    answers: bool = False
    """Whether the server did answer, and what it said cannot be shown."""
    every: float = 0.0
    """Seconds between two looks."""

    def stale(self, now: float) -> bool:
        """Whether what is shown may no longer be so."""
        return bool(self.problem) or now - self.seen > self.every + PATIENCE

    def refusal(self, now: float) -> str:
        """Why nothing may be asked for now: a server that hangs would do it whenever it goes on. '' when it answers."""
        if self.answers or not self.stale(now):
            return ""
        since = age((now - self.seen) * SECOND)
        return f"Nothing was done: the server has not answered for {since}. Press again when it does."

    def behind(self, read_at: float, due: float) -> bool:
        """Whether what was read then (monotonic seconds) is older than the view by more than is `due`."""
        return self.seen - read_at > due + self.every + PATIENCE

    def banner(self, now: float) -> Line:
        """The line that says so, with the age of what is shown."""
        old = age((now - self.seen) * SECOND)
        if self.answers:
            return (Part(f" ! this view is {old} old ", "badge"), Part(f" {self.problem}", "bad"))
        seen = f"last seen {time_of_day(self.view.at_ms)}" if self.view else "nothing seen yet"
        cause = self.problem.rstrip(".") or "no answer"
        return (Part(f" ! server away {old} ", "badge"), Part(f" {seen}; retrying", "bad"), Part(f": {cause}"))
