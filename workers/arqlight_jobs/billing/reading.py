"""Streams the rows of a billing file; no more of it is in memory than the rows asked for."""

import csv
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from arqlight_jobs.billing.columns import SAMPLE_RECORDS, Layout, recognise
from arqlight_jobs.billing.faults import MAX_ROWS, Fault, FileUnusable
from arqlight_jobs.billing.rows import Cells, Row, read

HEAD_LINES = 4 * SAMPLE_RECORDS
"""Lines from which the layout is recognised; some records span several."""

MAX_RECORD = 256 * 1024
"""Characters in one record; more means that quotes do not close."""


MAX_DIGITS = 10
"""Digits of a row number; a longer text is none."""


_NO_CELLS: list[str] = []


class RecordLines:
    """The lines of a text, refusing a record that never ends before it fills the memory."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._left = MAX_RECORD

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left)
        self._left -= len(line)
        if self._left <= 0:
            raise FileUnusable(Fault.UNREADABLE, "A record is too long; quotes may not be closed.")
        if not line:
            raise StopIteration
        return line

    def next_record(self) -> None:
        """A record was complete: the next one may be as long again."""
        self._left = MAX_RECORD


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
        self._lines = RecordLines(text)
        self._records = csv.reader(self._lines, delimiter=layout.delimiter)
        self._width = layout.width
        self._pick = itemgetter(*layout.positions)
        self._number_at = layout.positions[0]
        self._numbering = Numbering()
        self._today = today
        self.count = 0
        self._record()

    def read(self, limit: int) -> list[Row]:
        """The next rows, at most `limit`; none at the end of the file."""
        rows: list[Row] = []
        while len(rows) < limit and (cells := self._record()):
            rows.append(self._row(cells))
        return rows

    def _record(self) -> list[str]:
        try:
            cells: list[str] = next((cells for cells in self._records if cells), _NO_CELLS)
        except csv.Error:
            raise FileUnusable(Fault.UNREADABLE, f"The record after row {self.count} cannot be read.") from None
        self._lines.next_record()
        return cells

    def _row(self, cells: list[str]) -> Row:
        self.count += 1
        if self.count > MAX_ROWS:
            raise FileUnusable(Fault.TOO_LARGE, f"The file has more than {MAX_ROWS} rows.")
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
    with open_text(path, encoding) as text:
        lines = RecordLines(text)
        head: list[str] = []
        while len(head) < HEAD_LINES and (line := next(lines, "")):
            head.append(line)
            lines.next_record()
    return recognise(head)


def open_text(path: Path, encoding: str) -> TextIOWrapper:
    """The file as text, with its line ends left to the csv module. The survey has shown that it decodes."""
    return path.open(encoding=encoding, newline="")
