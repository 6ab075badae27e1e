"""A view that is one table of rows that are all at hand: read, filtered, sorted, and drawn as the operator wants it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_screens.arrangement import sorted_rows
from arqlight_screens.columns import Column
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_table import LineTable

R = TypeVar("R")


class RowTable(LineTable[R]):
    """The rows of a view."""


class Listing(Operating, Generic[R]):
    """A table of everything there is of one kind. What it says of itself is in these, in `NAME` and in `read`."""

    NOTHING: ClassVar[Sequence[Line]] = ()
    """What stands in place of the rows when there are none."""
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[R] = ()
        self._read = False
        self.table: RowTable[R] = RowTable(self.columns(), self.key_of, id="rows")

    def columns(self) -> Sequence[Column[R]]:
        """The columns, in the order in which they stand."""
        raise NotImplementedError

    def key_of(self, row: R) -> str:
        """What the cursor is bound to."""
        raise NotImplementedError

    async def read(self) -> Sequence[R]:
        """Ask for the rows."""
        raise NotImplementedError

    def row_opened(self, row: R) -> None:
        """Enter was pressed on this row."""

    # ------------------------------------------------------------------ what is shown

    def body(self) -> Iterable[Widget]:
        """One table."""
        return (self.table,)

    async def fetch(self) -> None:
        """Read the rows again."""
        self._rows, self._read = await self.read(), True
        self.note(())
        self.see(self.room.sight)

    def see(self, sight: Sight) -> None:
        """Draw what was read, as the filter and the operator want it."""
        self.show_rows()
        super().see(sight)

    def matching(self) -> Sequence[R]:
        """The rows that the filter lets through, in the wanted order."""
        wanted = self.filter_text
        found = [row for row in self._rows if not wanted or wanted in self.text_of(row)]
        return sorted_rows(found, self.columns(), self.arrangement)

    def text_of(self, row: R) -> str:
        """What the filter looks at: all that can stand in the row's columns, in small letters."""
        drawn = (part.text for column in self.columns() for part in column.draw(row, self.now_ms, column.most or 200))
        return " ".join(drawn).casefold()

    def show_again(self) -> None:
        """Draw the rows once more."""
        self.show_rows()

    def show_rows(self) -> None:
        """Draw the rows."""
        found = self.matching()
        self.table.placeholder = self._instead()
        self.table.show_columns(self.as_wanted(self.columns()))
        self.table.show(Listed(found, self.key_of), self.now_ms)
        if self.filter_text:
            self.note((Part(f" filter: {len(found):,} of {len(self._rows):,} match", "warn"),))

    @property
    def can_open(self) -> bool:
        """Whether the cursor stands on a row."""
        return self.table.current is not None

    def _instead(self) -> Sequence[Line]:
        if not self._read:
            return (), self.reading()
        return ((), (Part("   nothing matches the filter", "dim"),)) if self._rows else ((), *self.NOTHING)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        return (Part(" / ", "dim"), Part(self.NAME, "strong"), Part(f"  {len(self._rows):,}", "dim"))

    @on(LineTable.Looked)
    def looked(self) -> None:
        """The hints depend on the row under the cursor."""
        self.see_status(self.room.sight)

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Open the row under the cursor."""
        row = self.table.current
        if row is not None:
            self.row_opened(row)
