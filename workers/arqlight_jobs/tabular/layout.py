"""Names of columns as people write them, and the sign that separates a file's cells."""

import contextlib
import csv
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, get_args

Delimiter = Literal[";", ",", "\t", "|"]
DELIMITERS: tuple[Delimiter, ...] = get_args(Delimiter)

SAMPLE_RECORDS = 50

Recognise = Callable[[Sequence[str]], int]
"""How many of a header's names mean something."""


def plain(text: str) -> str:
    """The text without accents."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def folded(name: str) -> str:
    """The name of a column without accents, case, spaces and signs but `#`: what makes two of them the same."""
    return "".join(sign for sign in plain(name).casefold() if sign.isalnum() or sign == "#")


def delimited(lines: Sequence[str], recognise: Recognise) -> tuple[Delimiter, list[str]]:
    """The delimiter that makes most of these first lines of a file, and the header it gives; [] without any."""
    _, _, delimiter, header = max((_scored(lines, one, recognise) for one in DELIMITERS), key=lambda told: told[:2])
    return delimiter, header


def _scored(
    lines: Sequence[str], delimiter: Delimiter, recognise: Recognise
) -> tuple[int, float, Delimiter, list[str]]:
    records = list(_records(lines, delimiter))
    if not records:
        return 0, 0.0, delimiter, []
    width = len(records[0])
    consistency = sum(len(cells) == width for cells in records) / len(records)
    return recognise(records[0]), consistency if width > 1 else 0.0, delimiter, records[0]


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The first non-blank records of these lines, up to one that cannot be read; reading will name its row."""
    with contextlib.suppress(csv.Error):
        yield from islice((cells for cells in csv.reader(lines, delimiter=delimiter) if cells), SAMPLE_RECORDS)
