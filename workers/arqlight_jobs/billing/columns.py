"""The columns of a billing export, and how a file's header and delimiter are recognised."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.layout import Delimiter, delimited, folded


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


_BY_FOLDED = {folded(column): column for column in Column}


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
        column = _BY_FOLDED.get(folded(name))
        if column is not None:
            found.setdefault(column, position)
    return found


def recognise(lines: Sequence[str]) -> Layout:
    """The layout of a file that begins with these lines. Raises FileUnusable when a required column is missing."""
    delimiter, header = delimited(lines, known_names)
    layout = Layout(delimiter, len(header), located(header))
    missing = [column for column in REQUIRED if column not in layout.found]
    if missing:
        raise FileUnusable(Fault.MISSING_COLUMN, f"Required columns are missing: {', '.join(missing)}.")
    return layout


def known_names(header: Sequence[str]) -> int:
    """How many known columns a header has."""
    return len(located(header))
