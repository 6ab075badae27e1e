"""Kept records as rules over several rows see them, and what such a rule declares."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement

from arqlight_jobs.billing.findings import Flaw
from arqlight_jobs.billing.tables import billing_records as records
from arqlight_jobs.billing.tariff import Tariff


class Line(NamedTuple):
    """One kept record, without anything that names a person: patients are tokens."""

    row_no: int
    doctor: str | None
    patient: str | None
    day: date | None
    start: int | None
    end: int | None
    claim: str | None
    code: str
    units: int | None
    context: str
    place: str | None
    paid: int | None

    def has_context(self, tokens: Iterable[str]) -> bool:
        """Whether one of the tokens stands in the context list, exactly."""
        return not set(self.context.split(",")).isdisjoint(tokens)


LINE_COLUMNS = tuple(records.c[name] for name in Line._fields)


class Tally(Protocol):
    """Sums up one group of lines. What it keeps must not grow with the group."""

    def add(self, line: Line) -> Flaw | None:
        """Take the next line; a flaw if this line itself is one."""
        ...

    def close(self) -> Flaw | None:
        """The flaw of the group as a whole, if any."""
        ...


Only = Callable[[Tariff, str], ColumnElement[bool]]
"""Which lines of the run with this id a rule looks at."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A rule over groups of lines: which lines, grouped by what, in which order, summed up how.

    `key` are the columns that make a group: a line that lacks one is in none. `also` belong to the key and may be
    missing. Within a group lines come by `then`, and by row in the end.
    """

    key: tuple[str, ...]
    tally: Callable[[Tariff], Tally]
    only: Only
    also: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    yearly: bool = False
    """Whether the group also ends with the calendar year of the service."""

    def key_of(self, line: Line) -> Hashable:
        """What lines of one group have in common."""
        values = tuple(getattr(line, name) for name in (*self.key, *self.also))
        return (*values, line.day and line.day.year) if self.yearly else values
