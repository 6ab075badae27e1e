"""Every key that does something here, from the tables that the bindings are made of; searchable, and enter does it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from arqlight_screens.columns import Column
from arqlight_screens.keymap import ANYWHERE, FILTERING, LEAVING, MOVING, UNAVAILABLE, Key, bindings, marked
from arqlight_screens.lines import Part
from arqlight_screens.rows import Listed
from arqlight_screens.tones import Tone
from arqlight_screens.views import GOING
from arqlight_screens.widgets.filter_line import FilterLine
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.status_line import HintsLine, StatusLine

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen


class Entry(NamedTuple):
    """A key and the part of the room in which it works."""

    where: str
    key: Key
    text: str

    @property
    def told(self) -> str:
        """What it does, behind a word when it does not."""
        return f"{UNAVAILABLE}: {self.text}" if self.key.denied else self.text


def entries(here: Sequence[Key], leaving: Sequence[Key]) -> list[Entry]:
    """Everything that can be pressed on a screen."""
    sections = {"here": here, "moving": MOVING, "views": GOING, "anywhere": (*leaving, *ANYWHERE)}
    return [
        Entry(where, key, text) for where, keys in sections.items() for key in keys for text in key.help.splitlines()
    ]


def _tone(entry: Entry, usual: Tone) -> Tone:
    return "dim" if entry.key.denied else usual


_COLUMNS = (
    Column[Entry]("keys", 15, lambda entry, _: Part("  ".join(entry.key.shown), _tone(entry, "strong"))),
    Column[Entry]("does", 60, lambda entry, _: Part(entry.told, _tone(entry, "plain")), most=200),
    Column[Entry]("where", 9, lambda entry, _: Part(entry.where, "dim"), 2),
)


class KeyTable(LineTable[Entry]):
    """The keys of one screen."""


def _name_of(entry: Entry) -> str:
    return f"{entry.where}:{entry.key.action}:{entry.text}"


class Help(ModalScreen[None]):
    """The keys of the screen it was called from."""

    KEYS: ClassVar[tuple[Key, ...]] = (FILTERING, *LEAVING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings((Key("question_mark,f1", "back", "", ""),))]
    AUTO_FOCUS = "LineTable"

    def __init__(self, screen: "RoomScreen") -> None:
        super().__init__()
        self._caller = screen
        self._entries = entries(marked(screen.KEYS, screen.room.fleet.denied), screen.LEAVING)
        self._header = StatusLine(id="header")
        self._table = KeyTable(_COLUMNS, _name_of, id="keys")
        self._filter = FilterLine()
        self._hints = HintsLine(id="hints")

    def compose(self) -> ComposeResult:
        """A title, the keys, and how to get out."""
        yield self._header
        yield self._table
        yield self._filter
        yield self._hints

    def on_mount(self) -> None:
        """Show all of them."""
        self._header.show((Part(" arqlight ", "strong"), Part("/ keys  "), Part("enter does it", "dim")))
        self._hints.show_keys([FILTERING], LEAVING)
        self.filter_changed()

    @on(Input.Changed)
    def filter_changed(self) -> None:
        """Show the keys whose words contain the text."""
        wanted = self._filter.value.casefold()
        found = [entry for entry in self._entries if wanted in f"{entry.key.shown} {entry.told}".casefold()]
        self._table.show(Listed(found, _name_of), 0)

    @on(FilterLine.Left)
    def filter_left(self) -> None:
        """The keys of the list work again."""
        self._table.focus()

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Close, and do what the key under the cursor does."""
        entry = self._table.current
        self.dismiss(None)
        if entry is not None:
            self._caller.room.press(entry.key)

    def action_filter(self) -> None:
        """Let a text be typed."""
        self._filter.open()

    def action_back(self) -> None:
        """Leave the filter, or the page."""
        if self._filter.value:
            self._filter.action_drop()
        else:
            self.dismiss(None)
