"""Which columns a table has, and which of them sorts it: changed here, seen at once, and kept for the next run."""

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arqlight_screens.arrangement import PLAIN, Arrangement
from arqlight_screens.columns import Column
from arqlight_screens.keymap import Key, bindings
from arqlight_screens.lines import Part
from arqlight_screens.rows import Listed
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.status_line import HintsLine, StatusLine

if TYPE_CHECKING:
    from arqlight_screens.commanding import Commanding

KEYS = (
    Key("enter,l", "open", "sort", "sort by this column; again, the other way round", hinted=True),
    Key("space", "show_or_hide", "show/hide", "leave this column out, or show it", hinted=True),
    Key("r", "forget", "as made", "the table as it was made", hinted=True),
    Key("escape,backspace,q,s", "close", "close", "back to the table", hinted=True),
)


class Arranging(ModalScreen[None]):
    """The columns of the screen it was called from."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS[1:])]
    AUTO_FOCUS = "LineTable"

    def __init__(self, screen: "Commanding") -> None:
        super().__init__()
        self._caller = screen
        self._columns = screen.columns()
        self._title, self._hints = StatusLine(id="title"), HintsLine(id="keys")
        self._table = LineTable[Column[Any]](self._told(), _key_of, id="options")

    def compose(self) -> ComposeResult:
        """A box with the columns, and the keys."""
        with Vertical(id="box") as box:
            box.styles.height = len(self._columns) + 7
            box.styles.width = 60
            yield self._title
            yield self._table
            yield self._hints

    def on_mount(self) -> None:
        """Show them."""
        self._title.show((Part("Columns and order", "strong"),))
        self._hints.show_keys((), KEYS)
        self._show()

    def _show(self) -> None:
        self._table.show_columns(self._told())
        self._table.show(Listed(self._columns, _key_of), 0)

    def _told(self) -> tuple[Column[Column[Any]], ...]:
        wanted = self._caller.arrangement
        return (
            Column("", 3, lambda one, _: self._mark(one, wanted)),
            Column("", 20, lambda one, _: Part(one.name or "(untitled)", "strong"), most=30),
            Column("", 24, lambda one, _: _order(one, wanted)),
        )

    def _mark(self, column: Column[Any], wanted: Arrangement) -> Part:
        if column is self._columns[0]:
            return Part("[=]", "dim")  # the first one always stays
        return Part("[ ]", "dim") if column.name in wanted.hidden else Part("[x]", "ok")

    def _arrange(self, wanted: Arrangement) -> None:
        self._caller.rearrange(wanted)
        self._show()

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Sort by the column under the cursor."""
        column = self._table.current
        if column is not None and column.order is not None:
            self._arrange(self._caller.arrangement.sorted_by(column.name))

    def action_show_or_hide(self) -> None:
        """Leave the column under the cursor out, or show it; the first one always stays."""
        column = self._table.current
        if column is not None and column is not self._columns[0]:
            self._arrange(self._caller.arrangement.toggled(column.name))

    def action_forget(self) -> None:
        """The table as it was made."""
        self._arrange(PLAIN)

    def action_close(self) -> None:
        """Back to the table."""
        self.dismiss(None)


def _key_of(column: Column[Any]) -> str:
    return column.name


def _order(column: Column[Any], wanted: Arrangement) -> Part:
    if column.order is None:
        return Part("does not sort", "dim")
    if column.name != wanted.sort:
        return Part("")
    return Part("▴ sorts, reversed" if wanted.reverse else "▾ sorts", "busy")
