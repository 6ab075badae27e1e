from collections.abc import Iterable
from datetime import date

import msgspec
import pytest

from arqlight_jobs.billing.findings import LISTED_ROWS, Finding, Severity
from arqlight_jobs.billing.lines import Grouping, Line
from arqlight_jobs.billing.rules import BY_ID
from arqlight_jobs.billing.scan import GroupScan
from arqlight_jobs.billing.tariff import SAMPLE, Tariff

DAY = date(2025, 5, 14)
LINE = Line(1, "1234567-00000", "patient", DAY, None, None, None, "15774", 0, "", "55489", 4705)


def judged(rule: str, lines: Iterable[Line], tariff: Tariff = SAMPLE) -> list[Finding]:
    grouping = BY_ID[rule].check
    assert isinstance(grouping, Grouping)
    scan = GroupScan(BY_ID[rule], grouping, tariff)
    numbered = [line._replace(row_no=number) for number, line in enumerate(lines, 1)]
    return [*scan.feed(numbered), *scan.close()]


def patients(count: int, **changes: object) -> list[Line]:
    return [LINE._replace(patient=f"{changes.get('context', '')}{number:02}", **changes) for number in range(count)]


def fee(code: str, place: str = "55489") -> Line:
    return LINE._replace(code=code, place=place, patient="zz")


def test_every_repeat_points_at_the_first() -> None:
    found = judged("R12", [LINE, LINE, LINE, LINE._replace(context="85")])
    assert [(finding.row, finding.rows) for finding in found] == [(2, (1, 2)), (3, (1, 3))]


def test_a_claim_is_repeated_only_with_the_same_code() -> None:
    claim = LINE._replace(claim="15588984573")
    assert judged("R13", [claim, claim._replace(code="15822")]) == []
    assert [finding.row for finding in judged("R13", [claim, claim._replace(patient="other")])] == [2]


def test_services_that_touch_do_not_overlap() -> None:
    times = [(540, 570), (570, 600), (580, 590), (595, 595), (600, 630)]
    found = judged("R15", [LINE._replace(start=start, end=end) for start, end in times])
    assert [(finding.row, finding.rows) for finding in found] == [(3, (2, 3))]


def test_a_long_service_overlaps_every_one_inside_it() -> None:
    times = [(540, 700), (550, 560), (570, 580), (700, 710)]
    found = judged("R15", [LINE._replace(start=start, end=end) for start, end in times])
    assert [finding.rows for finding in found] == [(1, 2), (1, 3)]


@pytest.mark.parametrize(("units", "count"), [(30, 0), (31, 1)])
def test_exactly_180_minutes_are_allowed(units: int, count: int) -> None:
    lines = [LINE._replace(code="8857")] * 5 + [LINE._replace(code="8859", units=units)]
    found = judged("R17", lines)
    assert len(found) == count
    assert all(finding.facts and finding.facts["minutes"] == 181 for finding in found)


@pytest.mark.parametrize(
    ("context", "exempt"), [("ICEP", True), ("CLSC,ICSM", True), ("ICTOX", True), ("EPICENE", False), ("ICEPX", False)]
)
def test_only_exact_context_tokens_exempt_minutes(context: str, exempt: bool) -> None:  # noqa: FBT001
    found = judged("R17", [LINE._replace(code="8859", units=200, context=context)])
    assert bool(found) is not exempt


def test_days_and_doctors_are_summed_up_apart() -> None:
    line = LINE._replace(code="8859", units=180)
    assert judged("R17", [line, line._replace(day=date(2025, 5, 15)), line._replace(doctor="7654321-00000")]) == []


@pytest.mark.parametrize(
    ("paid", "severity"),
    [((4915, 4915), Severity.ERROR), ((4915, 0), Severity.WARNING), ((0, None), Severity.WARNING)],
)
def test_annual_codes_by_what_was_paid(paid: tuple[int | None, ...], severity: Severity) -> None:
    found = judged("R18", [LINE._replace(code="15815", paid=cents) for cents in paid])
    assert [(finding.severity, finding.row, finding.rows) for finding in found] == [(severity, 1, (1, 2))]


def test_an_annual_code_is_free_again_in_another_year() -> None:
    visit = LINE._replace(code="15815")
    assert judged("R18", [visit._replace(day=date(2024, 12, 31)), visit._replace(day=date(2025, 1, 1))]) == []


def test_an_enrolment_fee_is_wrong_twice_only_when_paid() -> None:
    once = LINE._replace(code="8875", paid=935)
    unpaid = once._replace(paid=0)
    assert judged("R19", [once]) == []
    assert judged("R19", [unpaid, unpaid]) == []
    assert [finding.severity for finding in judged("R19", [once, unpaid])] == [Severity.ERROR]


def test_a_missed_enrolment_fee_is_a_hint() -> None:
    visits = [LINE, LINE._replace(context="G160"), LINE]
    found = judged("R19", visits)
    assert [(finding.severity, finding.rows) for finding in found] == [(Severity.OPTIMIZATION, (1, 3))]
    assert judged("R19", [*visits, LINE._replace(code="8875")]) == []
    assert judged("R19", visits[1:2]) == []


def test_exclusive_codes() -> None:
    first, second = LINE._replace(code="99101"), LINE._replace(code="99102")
    assert [finding.rows for finding in judged("R20", [first, second])] == [(1, 2)]
    assert judged("R20", [first, first]) == []
    assert judged("R20", [first, second._replace(patient="other")]) == []


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ([*patients(5), fee("19928")], Severity.ERROR),
        ([*patients(6), fee("19928")], None),
        ([*patients(11), fee("19928")], None),
        ([*patients(9, context="G160"), fee("19928")], Severity.ERROR),
        ([*patients(10, context="AR"), fee("19928")], None),
        ([*patients(10, context="STAR"), fee("19928")], None),
        ([*patients(11), fee("19929")], Severity.ERROR),
        ([*patients(12), fee("19929")], None),
        ([*patients(20, context="85,G160"), fee("19929")], None),
        ([*patients(19, context="G160"), fee("19929")], Severity.ERROR),
        ([*patients(6, paid=0), fee("19928")], Severity.ERROR),
        ([*patients(1) * 6, fee("19928")], Severity.ERROR),
        ([*patients(6), fee("19928", "25489")], Severity.ERROR),
        ([*patients(12), fee("19928"), fee("19928")], None),
        ([*patients(6), fee("19928"), fee("19928")], Severity.ERROR),
        ([*patients(6), *patients(10, context="AR"), fee("19928"), fee("19928")], None),
        ([*patients(15), *patients(12, context="AR"), fee("19928"), fee("19929")], Severity.ERROR),
        ([*patients(6), *patients(10, context="AR"), fee("19929")], Severity.ERROR),
        ([*patients(12), fee("19928")], Severity.OPTIMIZATION),
        ([*patients(6), *patients(10, context="AR"), fee("19928")], Severity.OPTIMIZATION),
        ([*patients(30)], None),
    ],
)
def test_office_fees(lines: list[Line], severity: Severity | None) -> None:
    assert [finding.severity for finding in judged("R16", lines)] == ([severity] if severity else [])


def test_an_office_fee_finding_stands_at_the_first_fee() -> None:
    (found,) = judged("R16", [*patients(12), fee("19928")])
    assert (found.row, found.rows) == (13, (13,))
    assert found.facts == {
        "count": 1,
        "paid": 1,
        "billed_cents": 3240,
        "open_cents": 6480,
        "registered": 12,
        "walk_in": 0,
    }


def test_a_finding_names_a_limited_number_of_rows() -> None:
    (found,) = judged("R17", [LINE._replace(code="8857")] * (LISTED_ROWS + 5))
    assert len(found.rows) == LISTED_ROWS
    assert found.facts
    assert found.facts["count"] == LISTED_ROWS + 5


def test_limits_come_from_the_tariff() -> None:
    tariff = msgspec.structs.replace(SAMPLE, daily_minutes=29)
    assert len(judged("R17", [LINE._replace(code="8857")], tariff)) == 1
