"""The question before something is done that deserves one. How much it asks for, the operation's plan says."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arqlight_core.jobs import State
from arqlight_core.operations import Danger, Operation, Report, Target
from arqlight_core.operations.trash import kept_ms
from arqlight_core.policy import spoken
from arqlight_screens.keymap import Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.text import clip
from arqlight_screens.tones import STATES
from arqlight_screens.widgets.status_line import StatusLine

KEYS = (
    Key("y", "agree", "yes", "do it, where nothing has to be typed"),
    Key("enter", "settle", "settle", "do it when what is asked for was typed, else leave everything as it is"),
    Key("escape,n,q", "cancel", "cancel", "leave everything as it is"),
)

_TYPED_SHOWN = 24
_COUNTED = (Target.JOBS, Target.TRASH)
"""Plans of operations on these count jobs."""


class Confirm(ModalScreen[bool]):
    """Says exactly what would happen. Enter is Cancel until the word is typed that the plan asks for, if it does."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS)]

    def __init__(self, operation: Operation, queue: str, plan: Report, state: State | None = None) -> None:
        super().__init__()
        self._operation, self._queue, self._plan, self._state = operation, queue, plan, state
        self._word = plan.confirm.rpartition("@")[0]
        self._typed = ""
        self._shown = [StatusLine(id=f"line-{place}") for place in range(len(self._lines()))]

    def compose(self) -> ComposeResult:
        """The box and its lines."""
        with Vertical(id="question"):
            yield from self._shown

    def on_mount(self) -> None:
        """Ask."""
        self._show()

    def _show(self) -> None:
        for widget, line in zip(self._shown, self._lines(), strict=True):
            widget.show(line)

    def _lines(self) -> Sequence[Line]:
        return (
            self._question(),
            (),
            (Part(f"This {self._plan.summary}."),),
            (),
            (Part("queue  ", "dim"), Part(self._queue, "strong")),
            *self._of_state(),
            (Part("undo   ", "dim"), Part(self._way_back())),
            (),
            self._answer(),
        )

    def _question(self) -> Line:
        if self._operation.target not in _COUNTED:
            return (Part(f"{self._operation.label.capitalize()}?", "strong"),)
        state = f"{self._state} " if self._state else ""
        what = f"{self._plan.changed:,} {state}job" + ("" if self._plan.changed == 1 else "s")
        return (Part(f"{self._operation.label.capitalize()} ", "strong"), Part(what, "bad"), Part("?"))

    def _of_state(self) -> Sequence[Line]:
        if self._state is None:
            return ()
        glyph, tone = STATES[self._state]
        return (
            (Part("state  ", "dim"), Part(f"{glyph} {self._state}", tone), Part("; the queue itself stays", "dim")),
        )

    def _way_back(self) -> str:
        if self._operation.danger is Danger.DESTRUCTIVE:
            return f"`u` puts them back for {spoken(timedelta(milliseconds=kept_ms()))}"
        if self._operation.danger is Danger.IRREVERSIBLE:
            return "none: this cannot be undone"
        return "none needed: nothing is lost"

    def _answer(self) -> Line:
        if not self._word:
            return (Part(" Cancel: enter ", "badge"), Part("   y ", "strong"), Part(self._operation.label))
        if self._agreed:
            return (Part(" Cancel: esc ", "badge"), Part("   enter ", "strong"), Part(self._operation.label))
        typed = clip(self._typed, _TYPED_SHOWN)
        asked = Part(self._word, "strong")
        return (Part(" Cancel: esc ", "badge"), Part("   type "), asked, Part(f" then enter:  {typed}▁"))

    @property
    def _agreed(self) -> bool:
        return self._typed == self._word

    def on_key(self, event: events.Key) -> None:
        """Where a word is asked for, letters are letters: none of them agrees or cancels."""
        if not self._word:
            return
        if event.is_printable and event.character:
            self._typed += event.character
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        else:
            return
        event.stop()
        self._show()

    def action_agree(self) -> None:
        """Go on, where nothing has to be typed."""
        self.dismiss(not self._word)

    def action_settle(self) -> None:
        """Go on when the word is right, else leave everything as it is."""
        self.dismiss(bool(self._word) and self._agreed)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)  # noqa: FBT003 - Textual's own signature
