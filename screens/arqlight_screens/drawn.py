"""Columns whose cells are pictures: drawn to whatever width the column has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from arqlight_screens.columns import Column
from arqlight_screens.lines import Line, Part, width_of
from arqlight_screens.text import clip, pad

R = TypeVar("R")


def no_cell(_row: object, _now_ms: int) -> Line:
    """What a picture has in a cell's place."""
    return ()


@dataclass(frozen=True)
class Drawn(Column[R]):
    """A column that draws each row to its width; `heading` does the same for its title."""

    picture: Callable[[R, int, int], Line] = lambda _row, _now_ms, _width: ()
    """The row, the server's clock (ms) and the width. What is too wide is cut."""
    heading: Callable[[int], str] | None = None

    def draw(self, row: R, now_ms: int, width: int) -> Line:
        """The picture in exactly `width` cells."""
        return fitted(self.picture(row, now_ms, width), width)

    def head(self, width: int) -> Part:
        """The title, or what is drawn in its place."""
        return Part(pad(self.heading(width), width), "head") if self.heading else super().head(width)


def fitted(line: Sequence[Part], width: int) -> Line:
    """The line in exactly `width` cells."""
    kept = list[Part]()
    left = width
    for part in line:
        kept.append(Part(clip(part.text, left), part.tone))
        left -= width_of(kept[-1:])
    return (*kept, Part(" " * left))
