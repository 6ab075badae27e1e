"""The line in which a command is typed: completed by tab, recalled by the arrows, there only while it is wanted."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from arqlight_screens.lines import Line, Part

Complete = Callable[[str], Sequence[str]]
"""What a text may become, as whole lines."""

_CHOICES = 40
"""Of all completions, those that are shown: no terminal has room for more."""


class _Ghost(Suggester):
    """The first completion, dimmed behind what was typed; the right arrow takes it."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion that goes on where the text ends."""
        return next((one for one in self._complete(value) if one.startswith(value)), None) if value else None


class CommandLine(Input):
    """A one-line input: enter gives the command, escape drops it, tab and shift+tab go through its completions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "give", "give", show=False),
        Binding("escape,ctrl+c", "drop", "drop", show=False),
        Binding("tab", "complete(1)", "complete", show=False),
        Binding("shift+tab", "complete(-1)", "complete", show=False),
        Binding("up", "recall(1)", "earlier", show=False),
        Binding("down", "recall(-1)", "later", show=False),
    ]

    class Given(Message):
        """A command is to be carried out."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over: the rows want the keys back."""

    def __init__(self, complete: Complete) -> None:
        ghost = _Ghost(complete)
        super().__init__(placeholder=": a view, a queue, or help", id="command", compact=True, suggester=ghost)
        self.cursor_blink = False
        self.select_on_focus = False
        self.display = False
        self._complete = complete
        self._tried: tuple[Sequence[str], int] | None = None
        self._history: Sequence[str] = ()
        self._recalled = -1

    def open(self, text: str, history: Sequence[str]) -> None:
        """Let a command be typed; the history has the newest last."""
        self._history, self._recalled, self._tried = history, -1, None
        self.display = True
        self._become(text)
        self.screen.set_focus(self)  # from the very next key on

    @property
    def choices(self) -> Line:
        """The completions of what was typed, the tried one marked."""
        found, tried = self._tried or (self._complete(self.value)[:_CHOICES], -1)
        if not found and self.value:
            return (Part(" nothing known begins so", "dim"),)
        words = (one.rpartition(" ")[2] for one in found)
        return tuple(Part(f" {word} ", "chosen" if place == tried else "dim") for place, word in enumerate(words))

    def action_complete(self, step: int) -> None:
        """Take the first completion, then the next."""
        found, tried = self._tried or (self._complete(self.value)[:_CHOICES], -1 if step > 0 else 0)
        if found:
            self._tried = found, (tried + step) % len(found)
            self._become(found[self._tried[1]])

    def action_recall(self, step: int) -> None:
        """Go through what was given before."""
        self._recalled = max(-1, min(self._recalled + step, len(self._history) - 1))
        self._tried = None
        self._become(self._history[-1 - self._recalled] if self._recalled >= 0 else "")

    def action_give(self) -> None:
        """Have it carried out."""
        text = self.value.strip()
        self.action_drop()
        if text:
            self.post_message(self.Given(text))

    def action_drop(self) -> None:
        """Give the keys back."""
        self.display = False
        self._become("")
        self.post_message(self.Left())

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        """Whatever is typed behind a completion is completed anew."""
        if self._tried and event.value != self._tried[0][self._tried[1]]:
            self._tried = None

    def _become(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)
