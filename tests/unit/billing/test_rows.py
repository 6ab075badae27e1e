from datetime import date

import pytest

from arqlight_jobs.billing import rows
from arqlight_jobs.billing.columns import Column
from tests.billing_files import row_of


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("47,05", 4705),
        ("47.05", 4705),
        ("47,5", 4750),
        ("47", 4700),
        ("0,00", 0),
        ("1 234,50 $", 123450),
        ("1\N{NO-BREAK SPACE}234,50", 123450),
        ("-3,00", -300),
        ("", None),
        ("47,055", None),
        ("1.234,50", None),
        ("12345678901", None),
        ("٤٧", None),
        ("x", None),
    ],
)
def test_amounts(text: str, cents: int | None) -> None:
    assert rows.cents(text) == cents


@pytest.mark.parametrize(
    ("text", "minutes"), [("00:00", 0), ("23:59", 1439), ("24:00", None), ("9:30", None), ("09:60", None), ("", None)]
)
def test_times(text: str, minutes: int | None) -> None:
    assert rows.minutes(text) == minutes


@pytest.mark.parametrize("text", ["2024-02-30", "20240229", "2024-W01-1", "29-02-2024", "0000-01-01", ""])
def test_what_is_no_date(text: str) -> None:
    assert rows.calendar_day(text) is None


def test_a_row_is_read_into_values() -> None:
    row = row_of({Column.START: "22:30", Column.END: "00:15", Column.CONTEXT: " g160, AR ,,85 "})
    assert (row.day, row.start, row.end) == (date(2025, 5, 14), 1350, 1455)
    assert row.context == ("85", "AR", "G160")
    assert (row.doctor, row.nam, row.name) == ("1234567-00000", "EXEA54122816", "EXEMPLE, ALPHA")
    assert (row.amount, row.paid, row.units, row.born) == (4705, 4705, 0, date(1954, 12, 28))


def test_a_daytime_end_before_its_start_does_not_cross_midnight() -> None:
    assert row_of({Column.START: "17:59", Column.END: "00:15"}).end == 15


def test_a_huge_number_is_no_unit_count() -> None:
    assert row_of({Column.UNITS: "9" * 40}).units is None
