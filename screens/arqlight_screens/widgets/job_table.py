"""The table of a state's jobs, however many: it holds a few pages and says which it lacks."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.message import Message

from arqlight_core.observe import JobRow, Window
from arqlight_screens.lines import Line, Part
from arqlight_screens.rows import PAGE, Listed, Paged, span
from arqlight_screens.widgets.line_table import LineTable


def id_of(row: JobRow) -> str:
    """What the cursor is bound to."""
    return row.id


def _unmarked(row: JobRow) -> bool:
    del row
    return False


class JobTable(LineTable[JobRow]):
    """Shows all jobs page by page, or the few that a filter let through; `is_marked` says which of them are marked."""

    LEAD: ClassVar[int] = 2

    class Lacks(Message):
        """Rows in sight are not here yet."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__((), id_of, id=id)
        self._paged = Paged[JobRow](id_of)
        self.is_marked: Callable[[JobRow], bool] = _unmarked
        self.at_ms = 0
        """The moment of what was read last, on the server's clock."""

    def lead(self, row: JobRow | None, *, cursor: bool) -> Line:
        """Whether the job is marked, and the cursor."""
        marked = row is not None and self.is_marked(row)
        return (Part("◆" if marked else " ", "warn"), *super().lead(row, cursor=cursor))

    @property
    def total(self) -> int:
        """How many rows there are, in sight or not."""
        return self._rows.total

    def start_over(self, placeholder: Sequence[Line] = ()) -> None:
        """Forget all rows: those of another state come."""
        self._paged = Paged[JobRow](id_of)
        super().start_over(placeholder)

    def put(self, window: Window, limit: int) -> bool:
        """Take rows of which `limit` were asked for; False when they came too late.

        Another total makes every other page stale. So rows that are not in sight are then refused: they would drive
        out those that are.
        """
        first, last = self.in_sight
        seen = window.offset <= last and first < window.offset + limit
        if window.total != self._paged.total and not seen:
            return False
        self.at_ms = window.at_ms
        self._paged.put(window.offset, window.rows, window.total)
        self.show(self._paged, window.at_ms)
        return True

    def show_only(self, rows: Sequence[JobRow], at_ms: int) -> None:
        """Show these rows and no others."""
        self.at_ms = at_ms
        self.show(Listed(rows, id_of), at_ms)

    def wanted(self) -> tuple[int, int]:
        """Offset and length of the pages in sight."""
        return span(*self.in_sight)

    def lacking(self) -> tuple[int, int] | None:
        """Offset and length of what to read next: what is in sight first, then the pages around it."""
        first, last = self.in_sight
        return self._paged.missing(first, last) or self._paged.missing(first - PAGE, last + PAGE)

    def on_line_table_looked(self) -> None:
        """Other rows are in sight: have them read when they are not here."""
        if self._rows is self._paged and self.lacking():
            self.post_message(self.Lacks())
