"""Columns that know how wide they must be and how much they matter: a narrow terminal loses the least important."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from arqlight_screens.lines import Line, Part, width_of
from arqlight_screens.text import middle, pad

R = TypeVar("R")
GAP = 1
_BETWEEN = Part(" " * GAP)


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column. `priority` 1 goes last when room is short; `most` is how wide it may grow when there is room."""

    title: str
    width: int
    cell: Callable[[R, int], Part | Line]
    """The row's cell, given the server's clock (ms). A line of several parts fits the width by itself."""
    priority: int = 1
    most: int = 0
    right: bool = False
    order: Callable[[R], Any] | None = None
    """What rows are sorted by; None in an answer sorts last. Without it, the column does not sort."""
    at: Callable[[R], float | None] | None = None
    """The moment (ms, server's clock) behind a cell that tells an age: it stands there when times are absolute."""
    ends: bool = False
    """Whether what is too long is cut in its middle: of ids and names both ends tell."""
    arrow: str = ""
    """Which way it sorts, when it does."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.title.strip()

    def draw(self, row: R, now_ms: int, width: int) -> Line:
        """The cell in exactly `width` cells."""
        cell = self.cell(row, now_ms)
        if isinstance(cell, Part):
            text = middle(cell.text, width) if self.ends else cell.text
            return (Part(pad(text, width, right=self.right), cell.tone),)
        return (*cell, Part(" " * max(0, width - width_of(cell))))

    def head(self, width: int) -> Part:
        """The column's title over its cells; an arrow takes the place of its last letter when room is short."""
        title = f"{self.name[: width - 1]}{self.arrow}" if self.arrow else self.title
        return Part(pad(title, width, right=self.right), "head")


Fitted = tuple[tuple[Column[R], int], ...]


def fit(columns: Sequence[Column[R]], width: int) -> Fitted[R]:
    """The columns that fit, each with its width: the least important are left out, then what is left over is shared."""
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > width:
        kept.remove(max(reversed(kept), key=lambda column: column.priority))
    widths, spare = [column.width for column in kept], width - _needed(kept)
    growing = [place for place, column in enumerate(kept) if column.most > column.width]
    while growing and spare > 0:
        place = growing.pop(0)
        widths[place] += 1
        spare -= 1
        if widths[place] < kept[place].most:
            growing.append(place)
    return tuple(zip(kept, widths, strict=True))


def _needed(columns: Sequence[Column[R]]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def spread(fitted: Fitted[R], row: R, now_ms: int) -> Line:
    """One row under its columns."""
    line = list[Part]()
    for column, width in fitted:
        line.extend(column.draw(row, now_ms, width))
        line.append(_BETWEEN)
    return tuple(line)


def heads(fitted: Fitted[R]) -> Line:
    """The titles of the columns."""
    return tuple(part for column, width in fitted for part in (column.head(width), Part(" " * GAP, "head")))
