"""The 23 rules as one table: id, name, what it is about, how bad it is, what to do, and the check."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from arqlight_jobs.billing import group_rules, row_rules
from arqlight_jobs.billing.findings import Category, Finding, Flaw, Severity
from arqlight_jobs.billing.lines import Grouping, Only
from arqlight_jobs.billing.office_fees import OfficeFees
from arqlight_jobs.billing.rows import Row
from arqlight_jobs.billing.tables import billing_records as records
from arqlight_jobs.billing.tariff import Basis, Tariff

RowCheck = Callable[[Row, Basis], Flaw | None]

DOCTOR_DAY = ("doctor", "day")
PATIENT_DAY = ("patient", "day")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check` looks at a row alone, or declares which lines are summed up together."""

    id: str
    name: str
    category: Category
    severity: Severity
    solution: str
    check: RowCheck | Grouping

    def finding(self, row: int, flaw: Flaw) -> Finding:
        """The entry of the report for a flaw at a row."""
        return Finding(self.id, flaw.severity or self.severity, row, f"Row {row}: {flaw.text}", flaw.rows, flaw.facts)


def _codes(of: Callable[[Tariff], Iterable[str]]) -> Only:
    """Lines whose code is one of the tariff's."""
    return lambda tariff, _: records.c.code.in_(sorted(of(tariff)))


def _office_days(tariff: Tariff, run_id: str) -> ColumnElement[bool]:
    """Every line of the doctors' days that have an office fee."""
    fee = records.alias()
    days = select(fee.c.doctor, fee.c.day).where(fee.c.run_id == run_id, fee.c.code.in_(sorted(tariff.office_fees)))
    return tuple_(records.c.doctor, records.c.day).in_(days)


def _enrolments(tariff: Tariff, _: str) -> ColumnElement[bool]:
    """Enrolment fees, and visits in a family medicine group."""
    visits = and_(records.c.place.in_(sorted(tariff.gmf_places)), records.c.code.in_(sorted(tariff.visit_codes)))
    return or_(records.c.code.in_({tariff.enrolment_code} - {""}), visits)


def _exclusive_codes(tariff: Tariff) -> set[str]:
    return {code for together in tariff.exclusive for code in together}


def _coded(_: Tariff, _run: str) -> ColumnElement[bool]:
    """Lines with a code."""
    return records.c.code != ""


def _timed(_: Tariff, _run: str) -> ColumnElement[bool]:
    """Lines with a start and an end."""
    return and_(records.c.start.is_not(None), records.c.end.is_not(None))


DUPLICATE_LINE = Grouping(("doctor", *PATIENT_DAY, "code"), group_rules.Repeats, _coded, also=("start", "context"))
DUPLICATE_CLAIM = Grouping(("claim", "code"), group_rules.Repeats, _coded)
OVERLAP = Grouping(DOCTOR_DAY, group_rules.Overlaps, _timed, then=("start",))
OFFICE_FEE = Grouping(DOCTOR_DAY, OfficeFees, _office_days, then=("patient",))
INTERVENTION = Grouping(
    DOCTOR_DAY, group_rules.Interventions, _codes(lambda tariff: {*tariff.fixed_minutes, *tariff.measured_codes})
)
ANNUAL = Grouping(("patient", "code"), group_rules.Annual, _codes(lambda tariff: tariff.annual_codes), yearly=True)
ENROLMENT = Grouping(("patient",), group_rules.Enrolment, _enrolments, yearly=True)
EXCLUSIVE = Grouping(PATIENT_DAY, group_rules.Exclusive, _codes(_exclusive_codes))

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule, ...] = (
    Rule("R01", "STRUCTURE", Category.STRUCTURE, _E, "Export the file again, unedited.", row_rules.structure),
    Rule("R02", "REQUIRED", Category.STRUCTURE, _E, "Fill in the required cells.", row_rules.required),
    Rule("R03", "DATE", Category.FORMAT, _E, "Correct the date of service.", row_rules.service_date),
    Rule(
        "R04", "LATE_BILLING", Category.DEADLINE, _W, "Bill within the deadline or justify it.", row_rules.late_billing
    ),
    Rule("R05", "TIME_ORDER", Category.SCHEDULE, _E, "Correct the start and end of the service.", row_rules.time_order),
    Rule("R06", "NAM_FORMAT", Category.PATIENT, _E, "Copy the NAM from the card again.", row_rules.nam_format),
    Rule("R07", "NAM_BIRTH", Category.PATIENT, _E, "Compare the NAM with the birth date.", row_rules.nam_birth),
    Rule("R08", "NAM_NAME", Category.PATIENT, _W, "Compare the NAM with the name at birth.", row_rules.nam_name),
    Rule("R09", "CODE_FORMAT", Category.FORMAT, _E, "Correct the billing code.", row_rules.code_format),
    Rule("R10", "AMOUNT", Category.FORMAT, _E, "Correct the amount.", row_rules.amount),
    Rule("R11", "IDS", Category.FORMAT, _W, "Check the numbers against the invoice.", row_rules.identifiers),
    Rule("R12", "DUP_LINE", Category.DUPLICATE, _E, "Remove the repeated line.", DUPLICATE_LINE),
    Rule("R13", "DUP_ID", Category.DUPLICATE, _E, "Remove the repeated claim.", DUPLICATE_CLAIM),
    Rule("R14", "UNITS", Category.FORMAT, _E, "Correct the units.", row_rules.units),
    Rule("R15", "OVERLAP", Category.SCHEDULE, _W, "Check the times of both services.", OVERLAP),
    Rule("R16", "OFFICE_FEE", Category.LIMIT, _E, "Bring the office fees in line with the patients seen.", OFFICE_FEE),
    Rule("R17", "INTERVENTION_180", Category.LIMIT, _E, "Add a missing context or reduce the minutes.", INTERVENTION),
    Rule("R18", "ANNUAL", Category.LIMIT, _E, "Keep one visit a year and replace the others.", ANNUAL),
    Rule("R19", "GMF_8875", Category.LIMIT, _E, "Bill the enrolment fee once a year.", ENROLMENT),
    Rule("R20", "EXCLUSIVE", Category.LIMIT, _E, "Keep one of the codes.", EXCLUSIVE),
    Rule("R21", "AGE", Category.PATIENT, _E, "Use the code for the patient's age.", row_rules.age_range),
    Rule(
        "R22", "TIME_WINDOW", Category.SCHEDULE, _E, "Use the code for the hour of the service.", row_rules.time_window
    ),
    Rule("R23", "PERIOD", Category.FORMAT, _I, "Check the billing period.", row_rules.period),
)

BY_ID = {rule.id: rule for rule in RULES}
GROUPED: tuple[tuple[Rule, Grouping], ...] = tuple(
    (rule, rule.check) for rule in RULES if isinstance(rule.check, Grouping)
)
ROW_CHECKS = tuple((rule, rule.check) for rule in RULES if not isinstance(rule.check, Grouping))


def row_findings(row: Row, basis: Basis) -> list[Finding]:
    """What the rules for single rows find in a row. A record of another width says nothing beyond that."""
    checks = ROW_CHECKS[:1] if row.raw else ROW_CHECKS
    return [rule.finding(row.number, flaw) for rule, check in checks if (flaw := check(row, basis))]
