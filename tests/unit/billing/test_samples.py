from pathlib import Path

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.rules import RULES
from arqlight_jobs.billing.samples import VIOLATIONS, Patient, write_sample
from tests.billing_files import carry_out, submit


def test_the_same_arguments_write_the_same_file(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for path, seed in zip(files, (1, 1, 2), strict=True):
        write_sample(path, 50, {"R06": 5, "R18": 2}, seed=seed)
    first, again, other = (path.read_bytes() for path in files)
    assert first == again != other


def test_there_is_a_violation_of_every_rule() -> None:
    assert list(VIOLATIONS) == [rule.id for rule in RULES]


def test_no_two_patients_are_alike() -> None:
    assert len({Patient(number).nam for number in range(30_000)}) == 30_000


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_rows_and_violations_are_written_whatever_their_number(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "f.csv"
    write_sample(path, rows, {"R06": 3})
    lines = path.read_text(encoding="cp1252").splitlines()
    assert len(lines) == 1 + rows + 3
    assert lines[0] == ";".join(Column)


async def test_a_clean_file_has_no_findings(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    write_sample(path, 8000)  # enough for a patient to come back and for full days
    assert (await carry_out(settings, await submit(settings, path)))["findings"] == 0


@pytest.mark.parametrize("rule", VIOLATIONS)
async def test_a_violation_is_found_by_its_rule_alone(settings: Settings, tmp_path: Path, rule: str) -> None:
    path = tmp_path / "f.csv"
    write_sample(path, 3, {rule: 60})
    assert (await carry_out(settings, await submit(settings, path)))["rules"] == {rule: 60}
