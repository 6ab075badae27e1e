"""The columns of a billing export, and how a file's header and delimiter are recognised."""

import contextlib
import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Literal, get_args

import msgspec

from arqlight_jobs.billing.faults import Fault, FileUnusable

Delimiter = Literal[";", ",", "\t", "|"]
DELIMITERS: tuple[Delimiter, ...] = get_args(Delimiter)
SAMPLE_RECORDS = 50


class Column(StrEnum):
    """A column by the name the export gives it (public format note of the facnet-validator product)."""

    SEQUENCE = "#"
    INVOICE = "Facture"
    CLAIM = "ID RAMQ"
    DATE = "Date de Service"
    START = "Début"
    END = "Fin"
    PERIOD = "Periode"
    PLACE = "Lieu de pratique"
    SECTOR = "Secteur d'activité"
    DIAGNOSTIC = "Diagnostic"
    CODE = "Code"
    UNITS = "Unités"
    ROLE = "Rôle"
    CONTEXT = "Élément de contexte"
    AMOUNT = "Montant Preliminaire"
    PAID = "Montant payé"
    DOCTOR = "Doctor Info"
    AGENCY = "Agence"
    PATIENT = "Patient"


REQUIRED = (Column.DATE, Column.CODE, Column.DOCTOR, Column.PATIENT, Column.AMOUNT)


def plain(text: str) -> str:
    """The text without accents."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _folded(name: str) -> str:
    return "".join(sign for sign in plain(name).casefold() if sign.isalnum() or sign == "#")


_BY_FOLDED = {_folded(column): column for column in Column}


class Layout(msgspec.Struct, frozen=True):
    """How a file's records are laid out: delimiter, fields per record, and where each known column stands."""

    delimiter: Delimiter
    width: int
    found: dict[Column, int]

    @property
    def positions(self) -> list[int]:
        """The position of every known column; a column the file lacks stands just behind the last field."""
        return [self.found.get(column, self.width) for column in Column]


def located(header: Sequence[str]) -> dict[Column, int]:
    """Where the known columns stand in a header, matched without accents, case or spaces. The first of two wins."""
    found: dict[Column, int] = {}
    for position, name in enumerate(header):
        column = _BY_FOLDED.get(_folded(name))
        if column is not None:
            found.setdefault(column, position)
    return found


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The first non-blank records of these lines, up to one that cannot be read; reading will name its row."""
    with contextlib.suppress(csv.Error):
        yield from islice((cells for cells in csv.reader(lines, delimiter=delimiter) if cells), SAMPLE_RECORDS)


def recognise(lines: Sequence[str]) -> Layout:
    """The layout of a file that begins with these lines. Raises FileUnusable when a required column is missing."""
    _, _, layout = max((_scored(lines, delimiter) for delimiter in DELIMITERS), key=lambda scored: scored[:2])
    missing = [column for column in REQUIRED if column not in layout.found]
    if missing:
        raise FileUnusable(Fault.MISSING_COLUMN, f"Required columns are missing: {', '.join(missing)}.")
    return layout


def _scored(lines: Sequence[str], delimiter: Delimiter) -> tuple[int, float, Layout]:
    records = list(_records(lines, delimiter))
    if not records:
        return 0, 0.0, Layout(delimiter, 0, {})
    width = len(records[0])
    consistency = sum(len(cells) == width for cells in records) / len(records)
    found = located(records[0])
    return len(found), consistency if width > 1 else 0.0, Layout(delimiter, width, found)
