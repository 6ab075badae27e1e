"""Streams the records of a file; no more of it is in memory than one of them."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from arqlight_jobs.tabular.faults import MAX_ROWS, Fault, FileUnusable
from arqlight_jobs.tabular.layout import SAMPLE_RECORDS, Delimiter

HEAD_LINES = 4 * SAMPLE_RECORDS
"""Lines from which a layout is recognised; some records span several."""

MAX_RECORD = 256 * 1024
"""Characters in one record; more means that quotes do not close."""

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


class RecordReader:
    """Reads the records below the header in order; blank lines are none. `count` is how many there were."""

    def __init__(self, text: TextIO, delimiter: Delimiter) -> None:
        self._lines = RecordLines(text)
        self._records = csv.reader(self._lines, delimiter=delimiter)
        self.count = 0
        self._next()

    def record(self) -> list[str]:
        """The next record; [] at the end. Raises FileUnusable for what cannot be read, and above the limit of rows."""
        cells = self._next()
        if cells:
            self.count += 1
            if self.count > MAX_ROWS:
                raise FileUnusable(Fault.TOO_LARGE, f"The file has more than {MAX_ROWS} rows.")
        return cells

    def _next(self) -> list[str]:
        try:
            cells: list[str] = next((cells for cells in self._records if cells), _NO_CELLS)
        except csv.Error:
            raise FileUnusable(Fault.UNREADABLE, f"The record after row {self.count} cannot be read.") from None
        self._lines.next_record()
        return cells


def first_lines(path: Path, encoding: str) -> list[str]:
    """The lines from which the layout of the file is recognised. Raises FileUnusable when one is too long."""
    with open_text(path, encoding) as text:
        lines = RecordLines(text)
        head: list[str] = []
        while len(head) < HEAD_LINES and (line := next(lines, "")):
            head.append(line)
            lines.next_record()
    return head


def open_text(path: Path, encoding: str) -> TextIOWrapper:
    """The file as text, with its line ends left to the csv module. The survey has shown that it decodes."""
    return path.open(encoding=encoding, newline="")
