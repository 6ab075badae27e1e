"""One line of toned text with a left and a right end; repainted only when it changes."""

from collections.abc import Sequence
from itertools import chain

from textual.strip import Strip

from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line, Part, Toned, width_of
from arqlight_screens.text import clip

_GAP = 2
_LEAST = 12
"""Cells that a part keeps while a longer one can give way."""


class StatusLine(Toned):
    """A header, a banner or a note.

    When room is short, the first parts of the right end are left out, and then the longest of the left end is cut.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._left: Line = ()
        self._right: Line = ()

    def show(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Show these parts."""
        shown = (tuple(left), tuple(right))
        if shown != (self._left, self._right):
            self._left, self._right = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line, in whatever width there is."""
        del y
        left, right = cut(self._left, self.size.width), self._right
        room = self.size.width - width_of(left)
        while right and width_of(right) + _GAP > room:
            right = right[1:]
        between = Part(" " * max(0, room - width_of(right)))
        return self.strip((*left, between, *right))


def cut(line: Line, width: int) -> Line:
    """The line in at most `width` cells: its longest parts give way, for the short ones say what to do."""
    over = width_of(line) - width
    if over <= 0 or width <= 0:
        return line
    longest = max(range(len(line)), key=lambda place: width_of(line[place : place + 1]))
    (text, tone), wide = line[longest], width_of([line[longest]])
    left = max(min(wide - 1, _LEAST), wide - over)
    return cut((*line[:longest], Part(clip(text, left), tone), *line[longest + 1 :]), width)


class HintsLine(Toned):
    """The keys that matter here. The last ones, which say how to get help and out, stay on a narrow terminal."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._keys: tuple[tuple[Key, ...], tuple[Key, ...]] = (), ()

    def show_keys(self, first: Sequence[Key], last: Sequence[Key]) -> None:
        """Show as many of the first as fit, and all of the last."""
        keys = (tuple(first), tuple(last))
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line, in whatever width there is."""
        del y
        first, last = ([_hint(key) for key in keys] for keys in self._keys)
        while first and width_of(chain(*first, *last)) > self.size.width:
            first.pop()
        return self.strip(tuple(chain(*first, *last)))


def _hint(key: Key) -> Line:
    return Part(f" {key.shown[0]}", "dim" if key.denied else "strong"), Part(f" {key.label} ", "dim")
