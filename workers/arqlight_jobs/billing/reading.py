"""Streams the rows of a billing file; no more of it is in memory than the rows asked for."""

from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from arqlight_jobs.billing.columns import Layout, recognise
from arqlight_jobs.billing.rows import Cells, Row, read
from arqlight_jobs.tabular.reading import RecordReader, first_lines

MAX_DIGITS = 10
"""Digits of a row number; a longer text is none."""


class Numbering:
    """Follows the column of row numbers: each is one more than the last, or what the first one foretold."""

    def __init__(self) -> None:
        self._offset: int | None = None
        self._last = 0

    def follows(self, row: int, text: str) -> bool:
        """Whether the number in `text` is in sequence at this row."""
        if not text and self._offset is None:
            return True
        value = int(text) if text.isdecimal() and len(text) < MAX_DIGITS else None
        if value is not None and self._offset is None:
            self._offset = value - row
            self._last = value - 1
        fits = value is not None and (value == self._last + 1 or value - row == self._offset)
        self._last = self._last + 1 if value is None else value
        return fits


class RowReader:
    """Reads rows in order. Raises FileUnusable at the first row above the limit."""

    def __init__(self, text: TextIO, layout: Layout, today: date) -> None:
        self._records = RecordReader(text, layout.delimiter)
        self._width = layout.width
        self._pick = itemgetter(*layout.positions)
        self._number_at = layout.positions[0]
        self._numbering = Numbering()
        self._today = today

    @property
    def count(self) -> int:
        """How many rows there were."""
        return self._records.count

    def read(self, limit: int) -> list[Row]:
        """The next rows, at most `limit`; none at the end of the file."""
        rows: list[Row] = []
        while len(rows) < limit and (cells := self._records.record()):
            rows.append(self._row(cells))
        return rows

    def _row(self, cells: list[str]) -> Row:
        in_sequence = self._numbering.follows(self.count, self._number(cells))
        if len(cells) != self._width:
            return Row(number=self.count, cells=Cells(), raw=tuple(cells))
        # A column the file lacks stands behind the last field.
        texts = [text.strip() for text in self._pick([*cells, ""])]
        return read(self.count, Cells(*texts), self._today, in_sequence=in_sequence)

    def _number(self, cells: list[str]) -> str:
        position = self._number_at
        return cells[position].strip() if position < min(self._width, len(cells)) else ""


def layout_of(path: Path, encoding: str) -> Layout:
    """The layout of the file. Raises FileUnusable when a required column is missing."""
    return recognise(first_lines(path, encoding))
