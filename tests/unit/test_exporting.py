"""A table as a file: nothing in it is a formula, and no file is written over."""

import csv
import io
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_screens.columns import Column
from arqlight_screens.exporting import Exported, as_csv, guarded, write_new
from arqlight_screens.lines import Part


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_made_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-", "-5", "+1,234.5", "-3%", "a=b", "job-1"])
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(cells: list[str]) -> None:
    columns = [
        Column[str]("cell", 4, lambda row, _: Part(row)),
        Column[str]("line", 4, lambda row, _: (Part(row),) * 2),
    ]
    written = as_csv(Exported(columns, cells, len(cells), 0))
    [head, *rows] = csv.reader(io.StringIO(written, newline=""))
    assert head == ["cell", "line"]
    assert rows == [[guarded(cell.strip()), guarded((cell * 2).strip())] for cell in cells]


def test_a_file_is_its_owners_and_is_not_written_over(tmp_path: Path) -> None:
    place = write_new(tmp_path / "jobs.csv", "first")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match=r"jobs\.csv is there already and stays as it is"):
        write_new(tmp_path / "jobs.csv", "second")
    assert place.read_text() == "first"
    with pytest.raises(UsageError, match="cannot be written"):
        write_new(tmp_path / "nowhere" / "jobs.csv", "x")
