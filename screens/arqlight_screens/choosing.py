"""A small list to choose one thing from: what to copy, which server to go to."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arqlight_screens.columns import Column
from arqlight_screens.keymap import OPENING, Key, bindings
from arqlight_screens.lines import Part
from arqlight_screens.rows import Listed
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.status_line import StatusLine

_LONGEST = 400
"""Characters of a text that are looked at for its line: it may hold megabytes."""

CHOOSING = (
    Key("1,2,3,4,5,6,7,8,9", "take", "take", "take the one with this number"),
    Key("escape,backspace,q", "cancel", "cancel", "take none of them", hinted=True),
)


class Choice(NamedTuple):
    """One of the things."""

    label: str
    text: str
    tone: Tone = "dim"


class _Numbered(NamedTuple):
    number: int
    choice: Choice


def _key_of(row: _Numbered) -> str:
    return str(row.number)


def _text(row: _Numbered, _now: int) -> Part:
    return Part(" ".join(row.choice.text[:_LONGEST].split()), row.choice.tone)


_COLUMNS = (
    Column[_Numbered]("", 1, lambda row, _: Part(_key_of(row), "dim")),
    Column[_Numbered]("", 18, lambda row, _: Part(row.choice.label, "strong"), most=24),
    Column[_Numbered]("", 20, _text, 2, most=200),
)


class Choosing(ModalScreen[int | None]):
    """Answers the place of what was chosen, from 0 on; None when nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CHOOSING[1:]),
        *bindings(Key(str(number), f"take({number})", "take", "") for number in range(1, 10)),
    ]
    AUTO_FOCUS = "LineTable"

    def __init__(self, question: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._question = question
        self._rows = [_Numbered(number, choice) for number, choice in enumerate(choices, 1)]
        self._title, self._keys = StatusLine(id="title"), StatusLine(id="keys")
        self._table = LineTable[_Numbered](_COLUMNS, _key_of, id="options")

    def compose(self) -> ComposeResult:
        """A box with a question, the things, and the keys."""
        with Vertical(id="box") as box:
            box.styles.height = len(self._rows) + 7
            yield self._title
            yield self._table
            yield self._keys

    def on_mount(self) -> None:
        """Ask."""
        self._title.show((Part(self._question, "strong"),))
        hints = [(f" {key.shown[0]}", key.label) for key in (*OPENING, CHOOSING[1])]
        self._keys.show([part for key, label in hints for part in (Part(key, "strong"), Part(f" {label} ", "dim"))])
        self._table.show(Listed(self._rows, _key_of), 0)

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Take the one under the cursor."""
        row = self._table.current
        if row is not None:
            self.dismiss(row.number - 1)

    def action_take(self, number: int) -> None:
        """Take the one with this number."""
        if number <= len(self._rows):
            self.dismiss(number - 1)

    def action_cancel(self) -> None:
        """Take none."""
        self.dismiss(None)
