"""A table drawn line by line: only changed lines are repainted, and the cursor stays on its row, not on its place."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from arqlight_core import clock
from arqlight_screens.columns import GAP, Column, Fitted, fit, heads, spread
from arqlight_screens.keymap import MOVING, OPENING, bindings
from arqlight_screens.lines import Line, Part, Toned
from arqlight_screens.rows import Listed, Rows

R = TypeVar("R")
HEAD = 1
"""Lines above the first row: the titles."""
_SETTLING = 0.4
"""Seconds for which a row that slid under the cursor by itself is not acted upon."""


class LineTable(Toned, ScrollView, Generic[R], can_focus=True):
    """Rows under columns. Line 0 is the titles; row n stands on line n + 1, minus what is scrolled away."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MOVING), *bindings(OPENING)]
    ALLOW_SELECT = False
    LEAD: ClassVar[int] = 1
    """Cells before the first column: the cursor's mark at least, so that it is seen without colour."""

    class Opened(Message):
        """Enter, or a click on the row under the cursor."""

    class Headed(Message):
        """A click on a column's title."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Looked(Message):
        """Other rows are in sight, or another is under the cursor."""

    def __init__(self, columns: Sequence[Column[R]], key_of: Callable[[R], str], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = columns
        self._fitted: Fitted[R] = ()
        self._key_of = key_of
        self._rows: Rows[R] = Listed[R]((), key_of)
        self._now_ms = 0
        self._cells: dict[int, Line] = {}
        self._drawn: dict[int, tuple[Line, bool]] = {}
        self._strips: dict[tuple[Line, bool], Strip] = {}
        self._slid_at = 0.0
        self.placeholder: Sequence[Line] = ()
        self.cursor = 0
        self.cursor_key: str | None = None

    # ------------------------------------------------------------------ what is shown

    def show(self, rows: Rows[R], now_ms: int) -> None:
        """Show these rows, as they were at this moment of the server's clock."""
        self._now_ms = now_ms
        self._rows = rows
        self._cells.clear()
        self.virtual_size = Size(self.room_for_text, rows.total + HEAD)
        self._follow()
        self.repaint()

    def show_columns(self, columns: Sequence[Column[R]]) -> None:
        """Draw the rows under these columns from now on."""
        if columns != self._columns:
            self._columns = columns
            self._fit()
            self.repaint()

    def start_over(self, placeholder: Sequence[Line] = ()) -> None:
        """Forget the rows and the cursor: other rows come."""
        self.placeholder = placeholder
        self.cursor, self.cursor_key = 0, None
        self.scroll_to(y=0, animate=False, immediate=True)
        self.show(Listed[R]((), self._key_of), self._now_ms)

    @property
    def current(self) -> R | None:
        """The row under the cursor; None while it has not come."""
        return self._rows.at(self.cursor)

    def at_hand(self, most: int) -> tuple[list[R], int]:
        """The first rows, as far as they are here and at most so many; and how many there are in all."""
        found = (self._rows.at(place) for place in range(min(most, self._rows.total)))
        return [row for row in found if row is not None], self._rows.total

    @property
    def settled(self) -> bool:
        """Whether the row under the cursor has stood there long enough to be meant."""
        return clock.monotonic() - self._slid_at > _SETTLING

    @property
    def in_sight(self) -> tuple[int, int]:
        """The first and the last row on the screen."""
        first = round(self.scroll_y)
        return first, first + max(1, self.size.height - HEAD) - 1

    # ------------------------------------------------------------------ the cursor

    def go_to(self, key: str) -> None:
        """Put the cursor on the row with this key, when it is known."""
        place = self._rows.find(key)
        if place is not None:
            self._move_to(place)

    def action_move(self, lines: int) -> None:
        """Move the cursor by so many lines."""
        self._move_to(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screenfuls."""
        first, last = self.in_sight
        self._move_to(self.cursor + pages * max(1, last - first))

    def action_jump(self, place: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_to(place if place >= 0 else self._rows.total - 1)

    def action_open(self) -> None:
        """Ask for what the cursor is on."""
        self.post_message(self.Opened())

    def _move_to(self, place: int) -> None:
        self.cursor = max(0, min(place, self._rows.total - 1))
        self._bind()
        self._slid_at = 0.0
        self._keep_in_sight()
        self.repaint()
        self.post_message(self.Looked())

    def _bind(self) -> None:
        row = self.current
        self.cursor_key = None if row is None else self._key_of(row)

    def _follow(self) -> None:
        """After new rows: stay on the row with the cursor's key, wherever it has gone."""
        row = self.current
        if row is not None and self._key_of(row) == self.cursor_key:
            return
        place = None if self.cursor_key is None else self._rows.find(self.cursor_key)
        if place is None:
            self._stand_in()
        else:
            shift, self.cursor = place - self.cursor, place
            if self.scroll_y > 0:
                self.scroll_to(y=self.scroll_y + shift, animate=False, immediate=True)
            self._keep_in_sight()

    def _stand_in(self) -> None:
        """The cursor's row has gone: whatever is in its place now has slid there."""
        if self.cursor_key is not None and self.current is not None:
            self._slid_at = clock.monotonic()
        self.cursor = max(0, min(self.cursor, self._rows.total - 1))
        self._keep_in_sight()
        if self.current is not None or not self._rows.total:
            self._bind()

    def _keep_in_sight(self) -> None:
        first, last = self.in_sight
        if self.cursor < first:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor > last:
            self.scroll_to(y=self.cursor - (last - first), animate=False, immediate=True)

    # ------------------------------------------------------------------ drawing

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A wheel may scroll the cursor's row away: the cursor then goes along, and never acts unseen."""
        super().watch_scroll_y(old_value, new_value)
        self._drawn.clear()
        first, last = self.in_sight
        if self._rows.total and not first <= self.cursor <= last:
            self.cursor = min(max(self.cursor, first), last, self._rows.total - 1)
            self._bind()
        self.post_message(self.Looked())

    def on_resize(self) -> None:
        """Another width may have room for other columns."""
        self._fit()
        self.virtual_size = Size(self.room_for_text, self._rows.total + HEAD)
        self._keep_in_sight()
        self.repaint()

    def _fit(self) -> None:
        self._fitted = fit(self._columns, self.room_for_text - self.LEAD)
        self._cells.clear()
        self._strips.clear()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a row, a second one opens it; one on a title is told."""
        place = round(self.scroll_y) + event.y - HEAD
        if event.y < HEAD:
            self._head_clicked(event.x)
        if event.y < HEAD or place >= self._rows.total:
            return
        if place == self.cursor:
            self.action_open()
        else:
            self._move_to(place)

    def _head_clicked(self, x: int) -> None:
        left = self.LEAD
        for column, width in self._fitted:
            if left <= x < left + width:
                self.post_message(self.Headed(column.name))
            left += width + GAP

    def repaint(self) -> None:
        """Have exactly those lines drawn again that differ from what stands on the screen."""
        width, changed = self.room_for_text, list[Region]()
        for y in range(self.size.height):
            line = self._line(y)
            if self._drawn.get(y) != line:
                self._drawn[y] = line
                changed.append(Region(0, y, width, 1))
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines as they are kept: Textual lays ground and filters over each of them again whenever rows scroll."""
        filters, (_, ground) = self.get_line_filters(), self.background_colors
        strips = [self.render_line(y) for y in crop.line_range]
        for one in filters:
            strips = [strip.apply_filter(one, ground) for strip in strips]
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        drawn = self._drawn[y] = self._drawn.get(y) or self._line(y)
        strip = self._strips.get(drawn)
        if strip is None:
            if len(self._strips) > 2 * self.size.height:
                self._keep_strips_in_sight()
            line, cursor = drawn
            ground = self.toned("plain", cursor=False)
            strip = self.strip(line, cursor=cursor).adjust_cell_length(self.outer_size.width, ground)
            self._strips[drawn] = strip
        return strip

    def _keep_strips_in_sight(self) -> None:
        kept = {drawn: self._strips.get(drawn) for drawn in self._drawn.values()}
        self._strips = {drawn: strip for drawn, strip in kept.items() if strip is not None}

    def forget_strips(self) -> None:
        """Keep none: they are kept for lines that only move, as they do when rows scroll."""
        self._strips.clear()

    def _line(self, y: int) -> tuple[Line, bool]:
        if y < HEAD:
            return (Part(" " * self.LEAD, "head"), *heads(self._fitted)), False
        if not self._rows.total:
            return self._placeholder_line(y - HEAD), False
        place = round(self.scroll_y) + y - HEAD
        if place >= self._rows.total:
            return (), False
        cursor, row = place == self.cursor, self._rows.at(place)
        lead = self.lead(row, cursor=cursor)
        if row is None:
            return (*lead, Part("· · ·", "dim")), cursor
        return (*lead, *self._cells_of(place, row)), cursor

    def _cells_of(self, place: int, row: R) -> Line:
        """The row under its columns: moving the cursor and scrolling do not lay it out again."""
        cells = self._cells.get(place)
        if cells is None:
            cells = self._cells[place] = spread(self._fitted, row, self._now_ms)
        return cells

    def lead(self, row: R | None, *, cursor: bool) -> Line:
        """What stands before a row's first column, in `LEAD` cells."""
        del row
        return (Part("▸" if cursor else " ", "strong"),)

    def _placeholder_line(self, place: int) -> Line:
        return self.placeholder[place] if place < len(self.placeholder) else ()
