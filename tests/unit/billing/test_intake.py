import asyncio
import os
import stat
import uuid
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.billing import intake
from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.samples import write_sample
from arqlight_jobs.billing.tables import validation_runs
from arqlight_jobs.tabular import faults
from tests.billing_files import GOOD, TODAY, carry_out, stored, submit, submit_bytes


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "Gabarit Zoé.csv"
    write_sample(path, 120, {"R06": 2, "R12": 1})
    return path


async def test_a_file_is_copied_and_a_run_queued(settings: Settings, source: Path) -> None:
    request = await submit(settings, source)
    copy = stored(settings, request)
    assert await asyncio.to_thread(copy.read_bytes) == await asyncio.to_thread(source.read_bytes)
    assert stat.S_IMODE((await asyncio.to_thread(copy.stat)).st_mode) == 0o600
    assert (await intake.report(request.validation_id, settings))["findings"] == []
    run = (await intake.report(request.validation_id, settings))["run"]
    assert (run["status"], run["progress"], run["attempt"], run["totals"]) == ("queued", 0, 0, None)
    assert (run["job_id"], run["run_date"]) == (f"validation-{request.validation_id}", TODAY.isoformat())
    assert run["created_at"].endswith("+00:00")
    assert "Gabarit" not in str(run)


async def test_the_original_name_is_kept_sealed(settings: Settings, source: Path) -> None:
    await submit(settings, source)
    async with records(settings) as opened, opened.engine.connect() as connection:
        sealed = (await connection.execute(select(validation_runs.c.file_name))).scalar_one()
        assert opened.vault.open(sealed).decode() == source.name


async def test_the_run_is_judged_by_the_day_it_was_handed_in(settings: Settings, source: Path) -> None:
    request = await intake.accept(source, settings)
    run = (await intake.report(request.validation_id, settings))["run"]
    assert date.fromisoformat(run["run_date"]) > date(2025, 1, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"a;b\n1;\0", "NUL"), (b"x" * 101, "larger than"), (None, "no such file")],
)
async def test_what_cannot_be_taken_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    monkeypatch.setattr(faults, "MAX_BYTES", 100)
    path = tmp_path / "Gabarit.csv"
    if content is not None:
        await asyncio.to_thread(path.write_bytes, content)
    with pytest.raises(UsageError, match=said) as problem:
        await submit(settings, path)
    assert "Gabarit" not in str(problem.value)
    assert not os.listdir(settings.data_dir / "uploads")  # noqa: PTH208 - a look inside, not in production


async def test_a_directory_is_not_taken_in(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no plain file"):
        await submit(settings, tmp_path)


async def test_no_file_stays_behind_when_the_run_cannot_be_stored(settings: Settings, source: Path) -> None:
    await asyncio.to_thread((settings.data_dir / "records.sqlite").mkdir)
    with pytest.raises(Exception, match="unable to open"):
        await submit(settings, source)
    assert not os.listdir(settings.data_dir / "uploads")  # noqa: PTH208 - a look inside, not in production


async def test_a_run_that_was_not_enqueued_is_withdrawn(settings: Settings, source: Path) -> None:
    request = await submit(settings, source)
    await intake.withdraw(request, settings)
    assert not stored(settings, request).exists()
    with pytest.raises(UsageError, match="no validation run"):
        await intake.report(request.validation_id, settings)


async def test_a_run_that_has_begun_is_not_withdrawn(settings: Settings, source: Path) -> None:
    request = await submit(settings, source)
    totals = await carry_out(settings, request)
    await intake.withdraw(request, settings)
    assert (await intake.report(request.validation_id, settings))["run"]["totals"] == totals


async def test_an_unknown_id_is_a_wrong_call(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no validation run of that id"):
        await intake.report(str(uuid.uuid4()), settings)


async def test_findings_come_by_row_and_name_the_rows_of_a_group(settings: Settings) -> None:
    line = {**GOOD, Column.CODE: "8859", Column.UNITS: "100"}
    second = {**line, Column.CLAIM: "15588984574", Column.UNITS: "90", Column.INVOICE: "12"}
    content = "\n".join(
        ";".join(cells.get(column, "") for column in Column)
        for cells in ({name: name for name in Column}, line, second)
    )
    request = await submit_bytes(settings, content.encode())
    await carry_out(settings, request)
    findings = (await intake.report(request.validation_id, settings))["findings"]
    assert [(finding["rule"], finding["severity"], finding["row"]) for finding in findings] == [
        ("R17", "error", 1),
        ("R11", "warning", 2),
        ("R12", "error", 2),
    ]
    assert findings[0]["message"] == "Row 1: 190 minutes of interventions on one day, 180 are allowed."
    assert findings[0]["rows"] == [1, 2]
    assert "rows" not in findings[1]
    limited = await intake.report(request.validation_id, settings, limit=1)
    assert limited["findings"] == findings[:1]
