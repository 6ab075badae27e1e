"""Invented billing files: clean rows, and a chosen number of violations of each rule of the sample tariff.

Every name, number and code here is made up. A violation brings lines of its own, with a doctor and patients of its
own, so that exactly one rule finds exactly one thing in it. The same arguments write the same file.
"""

import csv
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from arqlight_jobs.billing.columns import REQUIRED, Column

Line = list[str]
Cells = Mapping[Column, str]

FIRST_DAY = date(2024, 1, 1)
FIRST_BIRTH = date(1940, 1, 1)
BIRTHS = 20_000
"""Days over which births are spread; all of them are adults in 2024, and none of them is 100."""

DOCTORS = 40
PATIENTS = 5000
SLOTS = 16
"""Services of a doctor on a day: half an hour each from 08:00 on, then the office fee."""

SURNAMES = ("Exemple", "Fictif", "Modèle", "Spécimen", "Échantillon", "Gabarit", "Maquette", "Témoin", "Cœur-Factice")
GIVEN_NAMES = ("Alpha", "Bravo", "Célia", "Delta", "Élan", "Foxtrot", "Golf", "Hôtel", "India", "Noël")
PLAIN_CAPITALS = str.maketrans({"É": "E", "È": "E", "Ë": "E", "Ô": "O", "Œ": "OE", "-": ""})


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person: a different one for every number."""

    number: int

    @property
    def name(self) -> str:
        """Surname and given name."""
        return f"{SURNAMES[self.number % 9]}, {GIVEN_NAMES[self.number // 9 % 10]}".upper()

    @property
    def nam(self) -> str:
        """The number that goes with the name, a birth date and a sex."""
        surname, _, given = self.name.translate(PLAIN_CAPITALS).partition(", ")
        born = FIRST_BIRTH + timedelta(days=self.number * 7 % BIRTHS)
        month = born.month + 50 * (self.number % 2)
        return f"{surname[:3]}{given[0]}{born:%y}{month:02}{born:%d}{10 + self.number // BIRTHS % 90}"

    @property
    def cell(self) -> str:
        """How an export writes the person."""
        return f"{self.nam} - {self.name}"


class Desk:
    """Writes lines with claim and invoice numbers that never repeat."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - samples, not secrets
        self._serial = count(self.random.randrange(1_000_000))
        self._place = str(50_001 + self.random.randrange(9_000))

    def line(self, doctor: int, patient: Patient, day: date, cells: Cells) -> Line:
        """An untimed, paid visit, but for the given cells."""
        serial = next(self._serial)
        usual = {
            Column.INVOICE: str(100_000_000 + serial),
            Column.CLAIM: str(15_000_000_000 + serial),
            Column.DATE: day.isoformat(),
            Column.PERIOD: f"{day.year}{1 + day.timetuple().tm_yday // 7:02}",
            Column.PLACE: self._place,
            Column.SECTOR: "Santé du cœur",
            Column.CODE: "15774",
            Column.UNITS: "0",
            Column.ROLE: "1",
            Column.AMOUNT: "47,05",
            Column.PAID: "47,05",
            Column.DOCTOR: f"{doctor:07}-00000 | Gabarit, Zoé - Omnipraticien  ",
            Column.AGENCY: "Agence d'essai",
            Column.PATIENT: patient.cell,
            **cells,
        }
        return [usual.get(column, "") for column in Column]


@dataclass(frozen=True, slots=True)
class Case:
    """One violation's own doctor, patients and day."""

    desk: Desk
    number: int

    def line(self, cells: Cells, *, patient: int = 0, later: int = 0) -> Line:
        """A line of the case, `later` days after its first."""
        day = FIRST_DAY + timedelta(days=self.number % 300 + later)
        return self.desk.line(9_000_000 + self.number, self.patient(patient), day, cells)

    def patient(self, which: int = 0) -> Patient:
        """One of the two patients of the case."""
        return Patient(PATIENTS + 2 * self.number + which)

    @property
    def wednesday(self) -> str:
        """A working day."""
        return (FIRST_DAY + timedelta(days=self.number % 50 * 7 + 2)).isoformat()


def _one(cells: Cells) -> Callable[[Case], list[Line]]:
    return lambda case: [case.line(cells)]


def _renumbered(change: Callable[[str], str]) -> Callable[[Case], list[Line]]:
    """A line whose NAM is changed."""
    return lambda case: [case.line({Column.PATIENT: f"{change(case.patient().nam)} - {case.patient().name}"})]


def _twice_a_year(code: str) -> Callable[[Case], list[Line]]:
    return lambda case: [case.line({Column.CODE: code}), case.line({Column.CODE: code}, later=40)]


def _same_claim(case: Case) -> list[Line]:
    first = case.line({})
    claim = first[list(Column).index(Column.CLAIM)]
    return [first, case.line({Column.CLAIM: claim}, patient=1, later=1)]


def _times(start: str, end: str) -> Cells:
    return {Column.START: start, Column.END: end}


VIOLATIONS: dict[str, Callable[[Case], list[Line]]] = {
    "R01": lambda case: [[*case.line({}), "one field too many"]],
    "R02": lambda case: [case.line({REQUIRED[case.number % len(REQUIRED)]: ""})],
    "R03": _one({Column.DATE: "2024-02-30"}),
    "R04": _one({Column.PAID: "0,00"}),
    "R05": _one(_times("10:00", "09:30")),
    "R06": _renumbered(lambda nam: nam[:-1]),
    "R07": _renumbered(lambda nam: f"{nam[:6]}50{nam[8:]}"),
    "R08": _renumbered(lambda nam: f"ZZZZ{nam[4:]}"),
    "R09": _one({Column.CODE: "123"}),
    "R10": _one({Column.AMOUNT: "47,055"}),
    "R11": lambda case: [case.line({Column.CLAIM: f"{case.number:010}"})],
    "R12": lambda case: [case.line({}), case.line({})],
    "R13": _same_claim,
    "R14": _one({Column.UNITS: "-1"}),
    "R15": lambda case: [case.line(_times("09:00", "09:30")), case.line(_times("09:15", "09:45"), patient=1)],
    "R16": _one({Column.CODE: "19928", Column.AMOUNT: "32,40", Column.PAID: "32,40"}),
    "R17": _one({Column.CODE: "8859", Column.UNITS: "181"}),
    "R18": _twice_a_year("15815"),
    "R19": _twice_a_year("8875"),
    "R20": lambda case: [case.line({Column.CODE: "99101"}), case.line({Column.CODE: "99102"})],
    "R21": _one({Column.CODE: "99201"}),
    "R22": lambda case: [case.line({Column.CODE: "99302", Column.DATE: case.wednesday})],
    "R23": _one({Column.PERIOD: "202460"}),
}


def write_sample(
    path: Path,
    rows: int,
    violations: Mapping[str, int] | None = None,
    *,
    encoding: str = "cp1252",
    delimiter: str = ";",
    seed: int = 1,
) -> None:
    """Write a file of so many clean rows, and besides them so many violations by rule id, spread among them."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(Column)
        lines = _lines(Desk(seed), rows, violations or {})
        writer.writerows([str(number), *line[1:]] for number, line in enumerate(lines, 1))


def _lines(desk: Desk, rows: int, violations: Mapping[str, int]) -> Iterator[Line]:
    wanted = [rule for rule, times in violations.items() for _ in range(times)]
    desk.random.shuffle(wanted)
    written = 0
    for row in range(rows):
        yield _clean(desk, row)
        due = (row + 1) * len(wanted) // rows
        yield from _violating(desk, wanted, written, due)
        written = due
    yield from _violating(desk, wanted, written, len(wanted))


def _violating(desk: Desk, wanted: list[str], start: int, end: int) -> Iterator[Line]:
    for number in range(start, end):
        yield from VIOLATIONS[wanted[number]](Case(desk, number))


def _clean(desk: Desk, row: int) -> Line:
    turn, doctor = divmod(row, DOCTORS)
    day, slot = divmod(turn, SLOTS)
    first_visit = row < PATIENTS
    cells: dict[Column, str] = {}
    if slot == SLOTS - 1:
        cells = {Column.CODE: "19929", Column.AMOUNT: "64,80", Column.PAID: "64,80"}
    else:
        opens = 8 * 60 + slot * 30
        cells = dict(_times(_clock(opens), _clock(opens + 30)))
        cells[Column.CODE] = _code(slot, row if first_visit else 0)
    return desk.line(1_000_000 + doctor, Patient(row % PATIENTS), FIRST_DAY + timedelta(days=day), cells)


def _code(slot: int, first_visit: int) -> str:
    """Visits, one intervention a day, and for some new patients what is billed once a year."""
    if slot == 0:
        return "8857"
    return {5: "15815", 7: "8875"}.get(first_visit % 10, "15774" if slot % 2 else "15822")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
