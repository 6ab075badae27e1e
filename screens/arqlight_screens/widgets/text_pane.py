"""Lines of text that scroll; long ones are wrapped, and only changed ones are repainted."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from arqlight_screens.keymap import MOVING, bindings
from arqlight_screens.lines import Line, Part, Toned, width_of
from arqlight_screens.text import wrap

_INDENT = "   "


class TextPane(Toned, ScrollView, can_focus=True):
    """A page of lines. New lines keep the place that is being read."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MOVING)]
    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._wrapped: list[Line] = []
        self._tail, self._at_end = False, True

    def show(self, lines: Sequence[Line], *, tail: bool = False) -> None:
        """Show these lines; with `tail` the last of them stays in sight, unless somebody has scrolled away from it."""
        self._tail = tail
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()

    def start_over(self) -> None:
        """Forget the lines: others come, to be read from the first one on."""
        self._lines, self._tail, self._at_end = (), False, True
        self._lay_out()
        self._scroll(0)

    def on_resize(self) -> None:
        """Another width wraps elsewhere."""
        self._lay_out()

    def _lay_out(self) -> None:
        before, width = self._wrapped, self.room_for_text
        self._wrapped = [piece for line in self._lines for piece in wrapped(line, width)]
        self.virtual_size = Size(width, len(self._wrapped))
        top = round(self.scroll_y)
        for y in range(self.size.height):
            if before[top + y : top + y + 1] != self._wrapped[top + y : top + y + 1]:
                self.refresh(Region(0, y, width, 1))
        if self._tail and self._at_end:
            self._scroll(len(self._wrapped))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls away from the end reads there; whoever comes back follows it again."""
        super().watch_scroll_y(old_value, new_value)
        self._at_end = new_value >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        place = round(self.scroll_y) + y
        return self.strip(self._wrapped[place] if place < len(self._wrapped) else ())

    def action_move(self, lines: int) -> None:
        """Scroll by so many lines."""
        self._scroll(self.scroll_y + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by so many screenfuls."""
        self._scroll(self.scroll_y + pages * (self.size.height - 1))

    def action_jump(self, place: int) -> None:
        """Scroll to the first or the last line."""
        self._scroll(place if place >= 0 else len(self._wrapped))

    def _scroll(self, y: float) -> None:
        self.scroll_to(y=y, animate=False, immediate=True)


def wrapped(line: Line, width: int) -> list[Line]:
    """The line in pieces; where one must be cut, its tone is that of its last part, and the indent is kept."""
    if width_of(line) <= width or width < 1:
        return [line]
    *labels, last = line
    room = width - width_of(labels)
    if room * 2 < width:  # it stands below its labels
        own = wrap(last.text.strip(), width - len(_INDENT))
        return [tuple(labels), *((Part(_INDENT), Part(piece, last.tone)) for piece in own)]
    first, *rest = wrap(last.text, room)
    indent = Part(" " * width_of(labels))
    return [(*labels, Part(first, last.tone)), *((indent, Part(piece, last.tone)) for piece in rest)]
