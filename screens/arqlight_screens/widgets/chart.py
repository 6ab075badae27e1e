"""A chart of series over time, drawn line by line: what it is and what it says now above, then the filled areas."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.strip import Strip

from arqlight_screens.lines import Line, Part, Toned, width_of
from arqlight_screens.plotting import Series, bands, top_of
from arqlight_screens.text import pad
from arqlight_screens.tones import Tone

AXIS = 7
"""Cells at the left for the numbers of the axis."""

_ROOM_FOR_HALF = 5
"""Lines above which the axis has a number in its middle."""


@dataclass(frozen=True, slots=True)
class Plotted:
    """One series: what it is called, its tone, its values (None where nobody measured), and what it says now."""

    name: str
    tone: Tone
    values: Series
    now: str


class Chart(Toned):
    """Series on top of each other, the largest last; the axis begins at zero and keeps its scale while that fits."""

    def __init__(self, title: str, figure: Callable[[float], str], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._title, self._figure = title, figure
        self._series: Sequence[Plotted] = ()
        self._top = 0.0
        self._drawn: list[Line] = []

    def show(self, series: Sequence[Plotted], *, rescale: bool = False) -> None:
        """Show these series, from the smallest to the largest; another choice may want another scale at once."""
        if series != self._series or rescale:
            self._series = series
            self._top = top_of([one.values for one in series], 0.0 if rescale else self._top)
            self._draw()

    def on_resize(self) -> None:
        """Another size has room for other dots."""
        self._draw()

    def _draw(self) -> None:
        height = self.size.height - 1
        self._drawn = [self._heading()]
        if self._series and height > 0:
            width = max(1, self.size.width - AXIS)
            rows = bands([one.values for one in self._series], self._top, width, height)
            self._drawn += [(self._axis(place, height), *self._toned(row)) for place, row in enumerate(rows)]
        self.refresh()

    def _toned(self, runs: Sequence[tuple[str, int]]) -> Line:
        return tuple(Part(text, self._series[whose].tone) for text, whose in runs)

    def _axis(self, place: int, height: int) -> Part:
        told = {0: self._figure(self._top), height - 1: "0"}
        if height > _ROOM_FOR_HALF and not height % 2:
            told[height // 2] = self._figure(self._top / 2)
        return Part(f"{pad(told.get(place, ''), AXIS - 2, right=True)} ▕"[:AXIS], "dim")

    def _heading(self) -> Line:
        told: list[Part] = [Part(f" {self._title} ", "strong")]
        for one in reversed(self._series):
            told += [Part(" ■ ", one.tone), Part(one.name, "dim"), Part(f" {one.now} ")]
        while len(told) > 1 and width_of(told) > self.size.width:
            del told[-3:]
        return tuple(told)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return self.strip(self._drawn[y] if y < len(self._drawn) else ())
