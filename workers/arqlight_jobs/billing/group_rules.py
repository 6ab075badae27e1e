"""Rules over several rows, as tallies over ordered lines: repeats, overlaps, yearly and daily limits.

The office fee has a module of its own.
"""

from arqlight_jobs.billing.findings import LISTED_ROWS, Flaw, Severity
from arqlight_jobs.billing.lines import Line
from arqlight_jobs.billing.tariff import Tariff


class Repeats:
    """R12 and R13: every line after the first of a group repeats it."""

    def __init__(self, _: Tariff) -> None:
        self._first: int | None = None

    def add(self, line: Line) -> Flaw | None:
        """A flaw for every line but the first."""
        if self._first is None:
            self._first = line.row_no
            return None
        return Flaw(f"Repeats row {self._first}.", rows=(self._first, line.row_no))

    def close(self) -> Flaw | None:
        """The group as a whole says nothing more."""
        return None


class Overlaps:
    """R15: lines of a doctor's day, by start; one that begins before an earlier one has ended overlaps it."""

    def __init__(self, _: Tariff) -> None:
        self._row = 0
        self._end = -1

    def add(self, line: Line) -> Flaw | None:
        """A flaw for a line that begins too early."""
        start, end, other = line.start or 0, line.end or 0, self._row
        overlaps = start < self._end and start < end
        if end > self._end:
            self._row, self._end = line.row_no, end
        return Flaw(f"Overlaps row {other} of the same doctor.", rows=(other, line.row_no)) if overlaps else None

    def close(self) -> Flaw | None:
        """The group as a whole says nothing more."""
        return None


class RowList:
    """How many rows a group has, how many of them are paid, and the first few of them."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.count = 0
        self.paid = 0

    def take(self, line: Line) -> None:
        """Count a line."""
        self.count += 1
        self.paid += bool(line.paid and line.paid > 0)
        if len(self.rows) < LISTED_ROWS:
            self.rows.append(line.row_no)

    def flaw(self, text: str, severity: Severity | None = None, **facts: int) -> Flaw:
        """A flaw of these rows."""
        return Flaw(text, severity, tuple(sorted(self.rows)), {"count": self.count, "paid": self.paid, **facts})


class Interventions:
    """R17: minutes of clinical interventions of a doctor's day (article 2.2.6 B); the limit itself is allowed."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._lines = RowList()
        self._minutes = 0

    def add(self, line: Line) -> Flaw | None:
        """Count the line's minutes unless its context exempts it."""
        if not line.has_context(self._tariff.minutes_exempt):
            self._lines.take(line)
            self._minutes += self._tariff.fixed_minutes.get(line.code, line.units or 0)
        return None

    def close(self) -> Flaw | None:
        """A flaw when the day holds more than the limit."""
        limit = self._tariff.daily_minutes
        if self._minutes <= limit:
            return None
        text = f"{self._minutes} minutes of interventions on one day, {limit} are allowed."
        return self._lines.flaw(text, minutes=self._minutes, limit=limit)


class Annual:
    """R18: an annual code once per patient and calendar year; worse when more than one was paid."""

    def __init__(self, _: Tariff) -> None:
        self._lines = RowList()

    def add(self, line: Line) -> Flaw | None:
        """Count the line."""
        self._lines.take(line)
        return None

    def close(self) -> Flaw | None:
        """A flaw when there is more than one."""
        count, paid = self._lines.count, self._lines.paid
        if count <= 1:
            return None
        said = f"paid {paid} times" if paid > 1 else "paid once" if paid else "never paid"
        severity = Severity.ERROR if paid > 1 else Severity.WARNING
        return self._lines.flaw(f"An annual code is billed {count} times in one year, {said}.", severity)


class Enrolment:
    """R19: the enrolment fee of a family medicine group, once per patient and year; and where it was forgotten."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._fees = RowList()
        self._visits = RowList()

    def add(self, line: Line) -> Flaw | None:
        """Count a fee, or a visit that would have allowed one."""
        if line.code == self._tariff.enrolment_code:
            self._fees.take(line)
        elif not line.has_context(self._tariff.enrolment_exempt):
            self._visits.take(line)
        return None

    def close(self) -> Flaw | None:
        """An error when the fee was billed twice and paid; a hint when there were visits and no fee."""
        if self._fees.count > 1 and self._fees.paid:
            return self._fees.flaw(f"The yearly enrolment fee is billed {self._fees.count} times in one year.")
        if self._fees.count or not self._visits.count:
            return None
        text = f"{self._visits.count} visits in a family medicine group and no enrolment fee in the year."
        return self._visits.flaw(text, Severity.OPTIMIZATION, gain_cents=self._tariff.enrolment_cents)


class Exclusive:
    """R20: codes of one set billed together for a patient on a day."""

    def __init__(self, tariff: Tariff) -> None:
        self._sets = tariff.exclusive
        self._codes: set[str] = set()
        self._lines = RowList()

    def add(self, line: Line) -> Flaw | None:
        """Remember the code."""
        self._codes.add(line.code)
        self._lines.take(line)
        return None

    def close(self) -> Flaw | None:
        """A flaw when two codes of one set met."""
        clash = any(len(self._codes & together) > 1 for together in self._sets)
        return self._lines.flaw("Codes that exclude one another are billed on one day.") if clash else None
