"""A few lines of toned text, one below the other; it is as high as there are lines, and only changed ones are drawn."""

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from arqlight_screens.lines import Line, Toned
from arqlight_screens.widgets.status_line import cut


class LineBlock(Toned):
    """Lines that are cut, not wrapped. Without any it takes no room."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self.display = False

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.display = bool(self._lines)
            self.styles.height = len(self._lines)
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One of them."""
        return self.strip(cut(self._lines[y], self.size.width) if y < len(self._lines) else ())
