"""The question before something is done to many jobs. Its effort grows with their number."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arqlight_core.jobs import State
from arqlight_core.operations import Danger, Operation
from arqlight_core.operations.jobs import TRASH_KEPT
from arqlight_screens.keymap import Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import STATES
from arqlight_screens.widgets.status_line import StatusLine

MANY = 100
"""From so many jobs on, their number must be typed."""

KEYS = (
    Key("y", "agree", "yes", "do it; for many jobs only once their number is typed"),
    Key("escape,enter,n,q", "cancel", "cancel", "leave everything as it is"),
)


class Confirm(ModalScreen[bool]):
    """Says exactly what would happen. Enter is always Cancel; `y` agrees, for many jobs only after their number."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS)]

    def __init__(self, operation: Operation, queue: str, state: State, count: int) -> None:
        super().__init__()
        self._operation, self._queue, self._state, self._count = operation, queue, state, count
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
        glyph, tone = STATES[self._state]
        what = f"{self._state} job" + ("" if self._count == 1 else "s")
        return (
            (
                Part(f"{self._operation.label.capitalize()} ", "strong"),
                Part(f"{self._count:,} {what}", "bad"),
                Part("?"),
            ),
            (),
            (Part("queue  ", "dim"), Part(self._queue, "strong")),
            (Part("state  ", "dim"), Part(f"{glyph} {self._state}", tone), Part("; the queue itself stays", "dim")),
            (Part("undo   ", "dim"), Part(self._way_back())),
            (),
            self._answer(),
        )

    def _way_back(self) -> str:
        if self._operation.danger is Danger.DESTRUCTIVE:
            return f"`u` puts them back for {TRASH_KEPT.days} day" + ("s" if TRASH_KEPT.days != 1 else "")
        return "none needed: their attempts stay with them"

    def _answer(self) -> Line:
        cancel = Part(" Cancel: enter ", "badge")
        if self._agreed:
            return (cancel, Part("   y ", "strong"), Part(self._operation.label))
        return (cancel, Part("   type "), Part(str(self._count), "strong"), Part(f" then y:  {self._typed}▁"))

    @property
    def _agreed(self) -> bool:
        return self._count < MANY or self._typed == str(self._count)

    def on_key(self, event: events.Key) -> None:
        """Digits are the number that was asked for."""
        if event.character and event.character.isdecimal():
            self._typed = (self._typed + event.character)[-len(str(self._count)) :]
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        else:
            return
        event.stop()
        self._show()

    def action_agree(self) -> None:
        """Go on, when the number is right."""
        if self._agreed:
            self.dismiss(True)  # noqa: FBT003 - Textual's own signature

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)  # noqa: FBT003 - Textual's own signature
