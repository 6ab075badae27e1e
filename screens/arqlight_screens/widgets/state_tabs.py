"""The states of a queue's jobs with their counts, one of them chosen; as wide as there is room for."""

from collections.abc import Callable, Mapping

from textual import events
from textual.message import Message
from textual.strip import Strip

from arqlight_core.jobs import State
from arqlight_screens.figures import count, rough
from arqlight_screens.lines import Line, Part, Toned, place_at, width_of
from arqlight_screens.tones import STATES

_SHORT = {
    State.SCHEDULED: "sched",
    State.WAITING: "wait",
    State.ACTIVE: "active",
    State.RETRYING: "retry",
    State.HELD: "held",
    State.COMPLETED: "done",
    State.DEAD: "dead",
    State.CANCELLED: "cancel",
}
_WORDINGS: tuple[Callable[[State, int], str], ...] = (
    lambda state, number: f"  {state.value} {count(number)}  ",
    lambda state, number: f" {state.value} {count(number)} ",
    lambda state, number: f" {_SHORT[state]} {count(number)} ",
    lambda state, number: f" {_SHORT[state]} {count(number)}",
    lambda state, number: f" {_SHORT[state]} {rough(number)}",
)
"""From the most to the least room."""


class StateTabs(Toned):
    """One line: every state with its number of jobs."""

    class Chosen(Message):
        """A click on a state."""

        def __init__(self, state: State) -> None:
            super().__init__()
            self.state = state

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown: tuple[State, dict[State, int]] = (State.WAITING, {})

    def show(self, chosen: State, counts: Mapping[State, int]) -> None:
        """Show these counts, and which state is chosen."""
        if (chosen, counts) != self._shown:
            self._shown = (chosen, dict(counts))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click chooses the state."""
        place = place_at(self._fitting_line(), event.x)
        if place is not None:
            self.post_message(self.Chosen(list(State)[place]))

    def render_line(self, y: int) -> Strip:
        """The most telling wording that fits."""
        del y
        return self.strip(self._fitting_line())

    def _fitting_line(self) -> Line:
        lines = [self._line(wording) for wording in _WORDINGS]
        return next((line for line in lines if width_of(line) <= self.size.width), lines[-1])

    def _line(self, wording: Callable[[State, int], str]) -> Line:
        chosen, counts = self._shown
        parts = list[Part]()
        for state in State:
            number = counts.get(state, 0)
            text = wording(state, number)
            tone = "chosen" if state is chosen else STATES[state][1] if number else "dim"
            parts.append(Part(f"[{text.strip()}]" if state is chosen else text, tone))
        return tuple(parts)
