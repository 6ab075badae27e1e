"""A row of a billing file with its cells read as dates, times, amounts and numbers.

A cell that cannot be read keeps its text and has no value: rules tell "blank" from "wrong" by the pair.
"""

import re
from datetime import date
from functools import lru_cache

import msgspec

from arqlight_jobs.billing import nam as nams

LATE_START = 18 * 60
"""Only a service that begins at 18:00 or later may end after midnight."""

DAY_MINUTES = 24 * 60

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MONEY = re.compile(r"(-?)([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")
_MONEY_SIGNS = str.maketrans("", "", " $\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")
_UNITS = re.compile(r"[0-9]{1,6}")
_DOCTOR = re.compile(r"([0-9]{7}-[0-9]{5})(?:\s*\|.*)?", re.DOTALL)


class Cells(msgspec.Struct, frozen=True):
    """The stripped texts of a record, one per Column and in its order."""

    sequence: str = ""
    invoice: str = ""
    claim: str = ""
    day: str = ""
    start: str = ""
    end: str = ""
    period: str = ""
    place: str = ""
    sector: str = ""
    diagnostic: str = ""
    code: str = ""
    units: str = ""
    role: str = ""
    context: str = ""
    amount: str = ""
    paid: str = ""
    doctor: str = ""
    agency: str = ""
    patient: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record below the header; `number` counts from 1 there. Times in minutes after midnight, money in cents."""

    number: int
    cells: Cells
    raw: tuple[str, ...] = ()
    """The fields of a record that does not fit the header; its cells stay blank."""
    in_sequence: bool = True
    day: date | None = None
    start: int | None = None
    end: int | None = None
    """Beyond 24 hours for a service that crosses midnight."""
    units: int | None = None
    context: tuple[str, ...] = ()
    amount: int | None = None
    paid: int | None = None
    doctor: str = ""
    nam: str = ""
    name: str = ""
    born: date | None = None


def read(number: int, cells: Cells, today: date, *, in_sequence: bool = True) -> Row:
    """The row with these cells; `today` judges a birth date where there is no service date."""
    day = calendar_day(cells.day)
    start = minutes(cells.start)
    nam, name = _patient(cells.patient)
    return Row(
        number=number,
        cells=cells,
        in_sequence=in_sequence,
        day=day,
        start=start,
        end=_end(start, minutes(cells.end)),
        units=int(cells.units) if _UNITS.fullmatch(cells.units) else None,
        context=_tokens(cells.context),
        amount=cents(cells.amount),
        paid=cents(cells.paid),
        doctor=_doctor(cells.doctor),
        nam=nam,
        name=name,
        born=nams.birth_date(nam, day or today) if nams.is_well_formed(nam) else None,
    )


@lru_cache(4096)
def calendar_day(text: str) -> date | None:
    """The day written as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


@lru_cache(2048)
def minutes(text: str) -> int | None:
    """The minutes after midnight of a time written as HH:MM."""
    found = _TIME.fullmatch(text)
    return int(found[1]) * 60 + int(found[2]) if found else None


@lru_cache(4096)
def cents(text: str) -> int | None:
    """An amount with at most two decimals behind a comma or a point."""
    found = _MONEY.fullmatch(text.translate(_MONEY_SIGNS))
    if found is None:
        return None
    value = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    return -value if found[1] else value


@lru_cache(1024)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(sorted({token.strip().upper() for token in text.split(",")} - {""}))


def _doctor(text: str) -> str:
    found = _DOCTOR.fullmatch(text)
    return found[1] if found else ""


def _end(start: int | None, end: int | None) -> int | None:
    crosses = start is not None and end is not None and end < start and start >= LATE_START
    return end + DAY_MINUTES if crosses and end is not None else end


def _patient(text: str) -> tuple[str, str]:
    """NAM and name of `NAM - NAME`; a cell without the dash is taken for a NAM."""
    number, _, name = text.partition(" - ")
    return nams.normalised(number), name.strip()
