"""R16: the office fee of a doctor's day, against the patients seen and paid on it.

Paid patients of either kind, registered and walk-in, open a fee each once their number suffices; a day is open for the
sum, up to its maximum. Billing more is an error, billing less is money left lying.
"""

from arqlight_jobs.billing.findings import Flaw, Severity
from arqlight_jobs.billing.group_rules import RowList
from arqlight_jobs.billing.lines import Line
from arqlight_jobs.billing.tariff import OfficeFee, Tariff


class OfficeFees:
    """Lines of a doctor's day, by patient."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._fees = RowList()
        self._billed = 0
        self._dearest: OfficeFee | None = None
        self._elsewhere = False
        self._registered = PatientCount()
        self._walk_in = PatientCount()

    def add(self, line: Line) -> Flaw | None:
        """Count a fee, or a paid patient."""
        fee = self._tariff.office_fees.get(line.code)
        if fee is not None:
            self._bill(fee, line)
        elif line.paid and line.paid > 0:
            kind = self._walk_in if line.has_context(self._tariff.walk_in) else self._registered
            kind.take(line.patient)
        return None

    def close(self) -> Flaw | None:
        """What is wrong with the day's fees, or what they leave lying."""
        wrong = list(self._errors())
        facts = {
            "billed_cents": self._billed,
            "open_cents": self._open,
            "registered": self._registered.count,
            "walk_in": self._walk_in.count,
        }
        if wrong:
            return self._fees.flaw(" ".join(wrong), Severity.ERROR, **facts)
        if self._billed and self._billed < self._open:
            return self._fees.flaw(self._hint(), Severity.OPTIMIZATION, **facts)
        return None

    def _bill(self, fee: OfficeFee, line: Line) -> None:
        self._fees.take(line)
        self._billed += fee.cents
        self._elsewhere |= not (line.place or "").startswith(self._tariff.office_place_prefix)
        if self._dearest is None or fee.cents > self._dearest.cents:
            self._dearest = fee

    def _errors(self) -> list[str]:
        limit = self._tariff.office_daily_cents
        checks = {
            f"An office fee is billed at a place that does not begin with {self._tariff.office_place_prefix}.": (
                self._elsewhere
            ),
            f"Office fees of {_dollars(self._billed)} on one day, {_dollars(limit)} are allowed.": self._billed > limit,
            self._shortage(): self._billed <= limit and self._short,
        }
        return [text for text, wrong in checks.items() if wrong]

    @property
    def _open(self) -> int:
        """Cents that the patients of the day open, of both kinds together and up to the daily maximum."""
        fees = self._tariff.office_fees.values()
        registered = max((fee.cents for fee in fees if self._registered.count >= fee.registered), default=0)
        walk_in = max((fee.cents for fee in fees if self._walk_in.count >= fee.walk_in), default=0)
        return min(registered + walk_in, self._tariff.office_daily_cents)

    @property
    def _short(self) -> bool:
        fee = self._dearest
        reached = fee is None or self._registered.count >= fee.registered or self._walk_in.count >= fee.walk_in
        return not reached or self._billed > self._open

    def _shortage(self) -> str:
        seen = f"{self._registered.count} registered and {self._walk_in.count} walk-in patients were paid"
        fee = self._dearest
        return f"{seen}; the fee needs {fee.registered} or {fee.walk_in}." if fee else seen

    def _hint(self) -> str:
        fees = self._tariff.office_fees.values()
        upgrade = any(
            fee.cents > self._billed
            and (self._registered.count >= fee.registered or self._walk_in.count >= fee.walk_in)
            for fee in fees
        )
        way = "a higher office fee" if upgrade else "a second office fee"
        return f"The patients of the day allow {way}: {_dollars(self._open)} instead of {_dollars(self._billed)}."


class PatientCount:
    """Distinct patients of lines that come ordered by patient."""

    def __init__(self) -> None:
        self.count = 0
        self._last: str | None = None

    def take(self, patient: str | None) -> None:
        """Count the patient unless it is the last one again."""
        if patient is not None and patient != self._last:
            self.count += 1
            self._last = patient


def _dollars(cents: int) -> str:
    return f"{cents / 100:.2f} $"
