"""Rules that need one row alone: pure functions that say what is wrong with it, or nothing.

A blank required cell is R02's and a row of another width R01's: no other rule speaks about those.
"""

import re

from arqlight_jobs.billing import nam as nams
from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.findings import Flaw, Severity
from arqlight_jobs.billing.rows import Row
from arqlight_jobs.billing.tariff import Basis, Window

SATURDAY = 5

_CODE = re.compile(r"[0-9]{4,5}")
_PERIOD = re.compile(r"[0-9]{4}(0[1-9]|[1-4][0-9]|5[0-3])")
_ID_FORMS = (
    (Column.CLAIM, re.compile(r"[0-9]{11}"), "11 digits"),
    (Column.INVOICE, re.compile(r"[0-9]{9}"), "9 digits"),
    (Column.PLACE, re.compile(r"[0-9]{5}"), "5 digits"),
)


def structure(row: Row, _: Basis) -> Flaw | None:
    """R01: as many fields as the header, and numbered in sequence."""
    if row.raw:
        return Flaw("The number of fields differs from the header.")
    return None if row.in_sequence else Flaw(f"The number in column {Column.SEQUENCE} does not follow the one before.")


def required(row: Row, _: Basis) -> Flaw | None:
    """R02: the required cells are filled."""
    cells = (
        (Column.DATE, row.cells.day),
        (Column.CODE, row.cells.code),
        (Column.DOCTOR, row.cells.doctor),
        (Column.PATIENT, row.cells.patient),
        (Column.AMOUNT, row.cells.amount),
    )
    blank = [column for column, text in cells if not text]
    return Flaw(f"Required and blank: {', '.join(blank)}.") if blank else None


def service_date(row: Row, basis: Basis) -> Flaw | None:
    """R03: a calendar date, not in the future."""
    if row.cells.day and row.day is None:
        return Flaw(f"{Column.DATE} is no calendar date of the form YYYY-MM-DD.")
    return Flaw(f"{Column.DATE} lies in the future.") if row.day and row.day > basis.today else None


def late_billing(row: Row, basis: Basis) -> Flaw | None:
    """R04: an unpaid service can be billed for so many days (90: article 22.1 of the Health Insurance Act)."""
    unpaid = row.paid == 0 or not row.cells.paid
    if row.day is None or not unpaid or (basis.today - row.day).days <= basis.tariff.late_after_days:
        return None
    days = (basis.today - row.day).days
    return Flaw(
        f"Unpaid {days} days after the service, more than {basis.tariff.late_after_days}.", facts={"days": days}
    )


def time_order(row: Row, _: Basis) -> Flaw | None:
    """R05: valid times, the end not before the start unless an evening's service crosses midnight."""
    for column, text, value in ((Column.START, row.cells.start, row.start), (Column.END, row.cells.end, row.end)):
        if text and value is None:
            return Flaw(f"{column} is no time of the form HH:MM.")
    if row.start is None or row.end is None or row.end >= row.start:
        return None
    return Flaw(f"{Column.END} lies before {Column.START}; only a service from 18:00 on may cross midnight.")


def nam_format(row: Row, _: Basis) -> Flaw | None:
    """R06: four letters and eight digits."""
    wrong = row.cells.patient and not nams.is_well_formed(row.nam)
    return Flaw("The NAM is not four letters and eight digits.") if wrong else None


def nam_birth(row: Row, _: Basis) -> Flaw | None:
    """R07: the digits hold a birth date on or before the service, women's month plus 50, at most 120 years ago."""
    wrong = row.born is None and nams.is_well_formed(row.nam)
    return Flaw("The NAM holds no possible birth date.") if wrong else None


def nam_name(row: Row, _: Basis) -> Flaw | None:
    """R08: the letters fit the name; a card keeps the name at birth, so this only warns."""
    if not row.name or not nams.is_well_formed(row.nam) or nams.fits_name(row.nam, row.name):
        return None
    return Flaw("The letters of the NAM do not fit the name; it may be another name at birth.")


def code_format(row: Row, basis: Basis) -> Flaw | None:
    """R09: four or five digits, and known where a reference list is loaded."""
    if row.cells.code and not _CODE.fullmatch(row.cells.code):
        return Flaw(f"{Column.CODE} is not four or five digits.")
    known = basis.tariff.known_codes
    unknown = row.cells.code and known and row.cells.code not in known
    return Flaw(f"{Column.CODE} is not in the reference list.", Severity.WARNING) if unknown else None


def amount(row: Row, basis: Basis) -> Flaw | None:
    """R10: amounts from zero to the maximum with at most two decimals; more paid than billed is worth a look."""
    for column, text, value in ((Column.AMOUNT, row.cells.amount, row.amount), (Column.PAID, row.cells.paid, row.paid)):
        if text and value is None:
            return Flaw(f"{column} is no amount with at most two decimals.")
        if value is not None and not 0 <= value <= basis.tariff.max_cents:
            return Flaw(f"{column} is negative or above the maximum.")
    if row.amount is None or row.paid is None or row.paid <= row.amount:
        return None
    return Flaw(f"{Column.PAID} exceeds {Column.AMOUNT}.", Severity.WARNING)


def identifiers(row: Row, _: Basis) -> Flaw | None:
    """R11: claim, invoice, place and doctor numbers have their usual form where they are given."""
    texts = (row.cells.claim, row.cells.invoice, row.cells.place)
    wrong = [
        f"{column} is not {form}"
        for text, (column, pattern, form) in zip(texts, _ID_FORMS, strict=True)
        if text and not pattern.fullmatch(text)
    ]
    if row.cells.doctor and not row.doctor:
        wrong.append(f"{Column.DOCTOR} does not begin with a number of the form 1234567-12345")
    return Flaw(f"{'; '.join(wrong)}.") if wrong else None


def units(row: Row, basis: Basis) -> Flaw | None:
    """R14: whole units from zero on, and above zero for codes paid by duration."""
    if row.cells.units and row.units is None:
        return Flaw(f"{Column.UNITS} is no whole number from zero on.")
    missing = row.cells.code in basis.tariff.duration_codes and not row.units
    return Flaw(f"{Column.UNITS} must be above zero for a code paid by duration.") if missing else None


def age_range(row: Row, basis: Basis) -> Flaw | None:
    """R21: the patient's age on the day of the service fits the code."""
    limits = basis.tariff.ages.get(row.cells.code)
    if limits is None or row.born is None or row.day is None or limits[0] <= nams.age(row.born, row.day) <= limits[1]:
        return None
    return Flaw(f"The code is for patients from {limits[0]} to {limits[1]} years.")


def time_window(row: Row, basis: Basis) -> Flaw | None:
    """R22: codes for evenings, weekends or holidays are billed only then.

    Without a start time a weekday evening can be neither shown nor ruled out: nothing is said.
    """
    allowed = basis.tariff.windows.get(row.cells.code)
    if allowed is None or row.day is None or (Window.EVENING in allowed and row.start is None):
        return None
    return None if allowed & _windows(row, basis) else Flaw(f"The code is only for: {', '.join(sorted(allowed))}.")


def period(row: Row, _: Basis) -> Flaw | None:
    """R23: YYYYnn with nn from 01 to 53; not compared with the week of the service, which need not agree."""
    wrong = row.cells.period and not _PERIOD.fullmatch(row.cells.period)
    return Flaw(f"{Column.PERIOD} is not a year and a number from 01 to 53.") if wrong else None


def _windows(row: Row, basis: Basis) -> set[Window]:
    opens, closes = basis.tariff.regular_hours
    holds = {
        Window.EVENING: row.start is not None and not opens <= row.start < closes,
        Window.WEEKEND: row.day is not None and row.day.weekday() >= SATURDAY,
        Window.HOLIDAY: row.day in basis.tariff.holidays,
    }
    return {window for window, is_now in holds.items() if is_now}
