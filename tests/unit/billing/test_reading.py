import csv
import io
from pathlib import Path

import pytest

from arqlight_jobs.billing.columns import Column, recognise
from arqlight_jobs.billing.reading import Numbering, RowReader, layout_of
from arqlight_jobs.billing.rows import Row
from arqlight_jobs.tabular import reading
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from tests.billing_files import GOOD, TODAY

HEADER = list(Column)


def text_of(*rows: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([HEADER, *rows])
    return out.getvalue()


def line(number: int, **changes: str) -> list[str]:
    cells = {**GOOD, Column.SEQUENCE: str(number), **{Column[name]: text for name, text in changes.items()}}
    return [cells.get(column, "") for column in Column]


def rows_in(text: str) -> list[Row]:
    reader = RowReader(io.StringIO(text, newline=""), recognise(text.splitlines(keepends=True)), TODAY)
    return [row for batch in iter(lambda: reader.read(2), []) for row in batch]


def test_rows_come_in_order_and_are_numbered_from_one() -> None:
    rows = rows_in(text_of(line(1), line(2), line(3)))
    assert [(row.number, row.in_sequence, row.cells.code) for row in rows] == [
        (1, True, "15774"),
        (2, True, "15774"),
        (3, True, "15774"),
    ]


def test_quotes_may_hold_delimiters_and_line_ends() -> None:
    (row,) = rows_in(text_of(line(1, DIAGNOSTIC='a;b\r\n"c"')))
    assert row.cells.diagnostic == 'a;b\r\n"c"'


def test_rows_of_another_width_are_kept_as_they_are() -> None:
    rows = rows_in(text_of(line(1)[:-1], [*line(2), "x"], line(3)))
    assert [bool(row.raw) for row in rows] == [True, True, False]
    assert [row.in_sequence for row in rows] == [True, True, True]


def test_blank_lines_are_no_rows() -> None:
    assert len(rows_in(text_of(line(1), [], line(2)) + "\r\n\r\n")) == 2


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        (["1", "2", "3"], []),
        (["5", "6", "7"], []),
        (["1", "2", "4", "5"], ["4"]),
        (["1", "2", "9", "4"], ["9"]),
        (["1", "x", "3"], ["x"]),
        (["1", "1", "2"], ["1"]),
        (["1", "", "3"], [""]),
        (["", "", ""], []),
        (["1", "9" * 30, "3"], ["9" * 30]),
    ],
)
def test_numbering(numbers: list[str], wrong: list[str]) -> None:
    numbering = Numbering()
    assert [text for row, text in enumerate(numbers, 1) if not numbering.follows(row, text)] == wrong


def test_a_file_without_the_number_column_has_no_sequence() -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([HEADER[1:], line(1)[1:], line(5)[1:]])
    assert [row.in_sequence for row in rows_in(out.getvalue())] == [True, True]


def test_the_row_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    assert len(rows_in(text_of(line(1), line(2)))) == 2
    with pytest.raises(FileUnusable) as problem:
        rows_in(text_of(line(1), line(2), line(3)))
    assert problem.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "tail",
    ['"' + "x" * 300_000, '"' + "x\n" * 150_000, '"\n' + '";"\n' * 100_000, ";" * 300_000, '"' + "x" * 140_000 + '"\n'],
)
def test_a_record_without_end_is_refused(tail: str) -> None:
    with pytest.raises(FileUnusable) as problem:
        rows_in(text_of(line(1)) + tail)
    assert problem.value.fault is Fault.UNREADABLE


def test_a_first_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("x" * 300_000)
    with pytest.raises(FileUnusable, match="unreadable_csv"):
        layout_of(path, "utf-8")
