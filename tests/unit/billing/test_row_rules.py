from collections.abc import Mapping
from datetime import date

import msgspec
import pytest

from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.findings import Severity
from arqlight_jobs.billing.rows import Cells, Row
from arqlight_jobs.billing.rules import RULES, row_findings
from arqlight_jobs.billing.tariff import SAMPLE, Basis
from tests.billing_files import TODAY, row_of

BASIS = Basis(TODAY, SAMPLE)

ADULT = "EXEA54122816 - EXEMPLE, ALPHA"
CHILD = "EXEA22010110 - EXEMPLE, ALPHA"
SATURDAY = "2025-05-17"
HOLIDAY = "2025-01-01"


def found(changes: Mapping[Column, str], basis: Basis = BASIS) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in row_findings(row_of(changes), basis)]


def test_a_good_row_has_no_findings() -> None:
    assert found({}) == []


def test_all_rules_are_there_once() -> None:
    assert [rule.id for rule in RULES] == [f"R{number:02}" for number in range(1, 24)]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("R02", {Column.CODE: ""}),
        ("R02", {Column.DATE: "", Column.AMOUNT: ""}),
        ("R02", {Column.PATIENT: ""}),
        ("R02", {Column.DOCTOR: ""}),
        ("R03", {Column.DATE: "2025-02-29"}),
        ("R03", {Column.DATE: "2025-06-02"}),
        ("R05", {Column.START: "9h30"}),
        ("R05", {Column.END: "25:00"}),
        ("R05", {Column.START: "17:59", Column.END: "00:10"}),
        ("R06", {Column.PATIENT: "EXE54122816 - EXEMPLE, ALPHA"}),
        ("R06", {Column.PATIENT: "EXEMPLE, ALPHA"}),
        ("R06", {Column.PATIENT: "FOOOxxxxxxxx - FOO, OLGA"}),
        ("R07", {Column.PATIENT: "FOOO01500100 - FOO, OLGA"}),
        ("R07", {Column.PATIENT: "EXEA01023010 - EXEMPLE, ALPHA"}),
        ("R09", {Column.CODE: "123"}),
        ("R09", {Column.CODE: "123456"}),
        ("R09", {Column.CODE: "1577A"}),
        ("R10", {Column.AMOUNT: "47,055"}),
        ("R10", {Column.AMOUNT: "-1,00", Column.PAID: ""}),
        ("R10", {Column.AMOUNT: "10000,01"}),
        ("R10", {Column.PAID: "n/a"}),
        ("R14", {Column.UNITS: "-1"}),
        ("R14", {Column.UNITS: "1,5"}),
        ("R14", {Column.CODE: "8859"}),
        ("R14", {Column.CODE: "8859", Column.UNITS: ""}),
        ("R21", {Column.CODE: "99201", Column.PATIENT: ADULT}),
        ("R21", {Column.CODE: "99202", Column.PATIENT: CHILD}),
        ("R22", {Column.CODE: "99301", Column.START: "10:00"}),
        ("R22", {Column.CODE: "99302"}),
        ("R22", {Column.CODE: "99303", Column.DATE: SATURDAY}),
    ],
)
def test_errors(rule: str, changes: Mapping[Column, str]) -> None:
    assert found(changes) == [(rule, Severity.ERROR)]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("R04", {Column.DATE: "2025-03-02", Column.PAID: "0,00"}),
        ("R04", {Column.DATE: "2025-03-02", Column.PAID: ""}),
        ("R08", {Column.PATIENT: "EXEA54122816 - FICTIF, ALPHA"}),
        ("R10", {Column.PAID: "47,06"}),
        ("R11", {Column.CLAIM: "1558898457"}),
        ("R11", {Column.INVOICE: "x"}),
        ("R11", {Column.PLACE: "5548"}),
        ("R11", {Column.DOCTOR: "Gabarit, Zoé"}),
        ("R11", {Column.DOCTOR: "123456-00000 | Gabarit, Zoé"}),
    ],
)
def test_warnings(rule: str, changes: Mapping[Column, str]) -> None:
    assert found(changes) == [(rule, Severity.WARNING)]


@pytest.mark.parametrize("period", ["202500", "202554", "20251", "2025-1"])
def test_a_strange_period_is_only_information(period: str) -> None:
    assert found({Column.PERIOD: period}) == [("R23", Severity.INFO)]


@pytest.mark.parametrize(
    "changes",
    [
        {Column.DATE: "2025-06-01"},
        {Column.DATE: "2025-03-03", Column.PAID: "0,00"},
        {Column.DATE: "2020-03-03"},
        {Column.START: "18:00", Column.END: "00:10"},
        {Column.START: "10:00", Column.END: "10:00"},
        {Column.END: "10:00"},
        {Column.PATIENT: "exea 5412 2816 - Exemple, Alpha"},
        {Column.PATIENT: "EXEA54122816"},
        {Column.CODE: "8875"},
        {Column.AMOUNT: "10000,00"},
        {Column.PAID: ""},
        {Column.INVOICE: "", Column.CLAIM: "", Column.PLACE: ""},
        {Column.DOCTOR: "1234567-00000"},
        {Column.UNITS: ""},
        {Column.CODE: "8859", Column.UNITS: "15"},
        {Column.PERIOD: "202553"},
        {Column.PERIOD: "198001"},
        {Column.CODE: "99201", Column.PATIENT: CHILD},
        {Column.CODE: "99301", Column.START: "18:00"},
        {Column.CODE: "99301", Column.START: "07:59"},
        {Column.CODE: "99301"},
        {Column.CODE: "99301", Column.START: "10:00", Column.DATE: SATURDAY},
        {Column.CODE: "99303", Column.DATE: HOLIDAY},
    ],
)
def test_the_edges_that_are_fine(changes: Mapping[Column, str]) -> None:
    assert found(changes) == []


def test_an_unknown_code_is_a_warning_once_a_list_is_loaded() -> None:
    tariff = msgspec.structs.replace(SAMPLE, known_codes=frozenset({"15822"}))
    assert found({}, Basis(TODAY, tariff)) == [("R09", Severity.WARNING)]
    assert found({Column.CODE: "15822"}, Basis(TODAY, tariff)) == []


def test_a_row_of_another_width_is_only_a_structural_finding() -> None:
    row = Row(number=7, cells=Cells(), raw=("7", "x"))
    assert [(finding.rule, finding.row) for finding in row_findings(row, BASIS)] == [("R01", 7)]


def test_a_number_out_of_sequence_is_a_structural_finding() -> None:
    row = msgspec.structs.replace(row_of({}, 7), in_sequence=False)
    assert [finding.message[:6] for finding in row_findings(row, BASIS)] == ["Row 7:"]


def test_late_billing_depends_on_the_day_of_the_run() -> None:
    unpaid = {Column.PAID: "", Column.DATE: "2025-05-14"}
    assert found(unpaid, Basis(date(2025, 8, 12), SAMPLE)) == []
    assert found(unpaid, Basis(date(2025, 8, 13), SAMPLE)) == [("R04", Severity.WARNING)]
