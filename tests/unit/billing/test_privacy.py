"""Nothing that names a person leaves the sealed columns."""

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.billing import ledger
from arqlight_jobs.billing.columns import REQUIRED, Column
from arqlight_jobs.billing.intake import report
from arqlight_jobs.billing.runlog import SafeMetadata
from arqlight_jobs.billing.samples import VIOLATIONS, write_sample
from arqlight_jobs.billing.validation import validate
from tests.billing_files import FakeRun, submit, submit_bytes

NAMES = ("Exemple", "Fictif", "Spécimen", "Gabarit", "Maquette", "Foxtrot")


def planted(path: Path) -> set[str]:
    """Every NAM in the file, and the names it is written with."""
    lines = path.read_text(encoding="cp1252").splitlines()[1:]
    cells = (line.split(";")[-1] for line in lines)
    nams = {cell.partition(" - ")[0].strip('"') for cell in cells} - {"", "one field too many"}
    return nams | {name.upper() for name in NAMES} | set(NAMES)


def leaked(secrets: Iterable[str], *places: object) -> set[str]:
    text = " ".join(str(place) for place in places)
    return {secret for secret in secrets if secret in text}


def dump(settings: Settings) -> str:
    """Everything in the database, as text."""
    connection = sqlite3.connect(settings.data_dir / "records.sqlite")
    text = "\n".join(connection.iterdump())
    connection.close()
    return text


async def test_a_run_with_every_finding_leaks_nothing(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "Gabarit Zoé.csv"
    write_sample(path, 300, dict.fromkeys(VIOLATIONS, 3))
    secrets = planted(path)
    assert len(secrets) > 200
    request = await submit(settings, path)
    run = FakeRun(settings)
    async with run.stack:
        totals = await validate.handler(run, request)
    told = await report(request.validation_id, settings)
    captured = capsys.readouterr()
    payload = msgspec.json.encode(request)
    assert not leaked(secrets, totals, told, run.lines, run.stages, caplog.text, captured.out, captured.err, payload)
    assert not leaked(secrets, dump(settings))


async def test_failures_leak_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    person = "EXEA54122816 - EXEMPLE, ALPHA"
    contents = [person, f"{person};x\n{person};y\n", ";".join(REQUIRED) + f'\n"{person}' + "x" * 300_000]
    for content in contents:
        request = await submit_bytes(settings, content.encode())
        run = FakeRun(settings)
        async with run.stack:
            with pytest.raises(Discard) as problem:
                await validate.handler(run, request)
        told = await report(request.validation_id, settings)
        assert not leaked(["EXEA", "EXEMPLE"], told, problem.value, run.lines, caplog.text, dump(settings))
        assert problem.value.__cause__ is None


async def test_an_error_of_the_database_shows_no_values(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(self: ledger.Ledger, *_: object) -> dict[str, Any]:
        return {"run_id": self.run_id, "number": 1, "rule_id": None, "message": "EXEA54122816"}

    monkeypatch.setattr(ledger.Ledger, "_result", twice)
    row = {Column.DATE: "2025-05-14", Column.CODE: "1", Column.DOCTOR: "x", Column.PATIENT: "y", Column.AMOUNT: "1"}
    request = await submit_bytes(settings, f"{';'.join(row)}\n{';'.join(row.values())}\n".encode())
    run = FakeRun(settings)
    async with run.stack:
        with pytest.raises(Exception, match="NOT NULL") as problem:
            await validate.handler(run, request)
    assert "EXEA" not in str(problem.value)


def test_a_log_line_has_no_room_for_anything_else() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"patient": "x"}, SafeMetadata)
    metadata = SafeMetadata(job_id="j", row_number=3, rule_id="R06", counts={"rows": 2}, progress=50)
    assert msgspec.to_builtins(metadata) == {
        "jobId": "j",
        "rowNumber": 3,
        "ruleId": "R06",
        "counts": {"rows": 2},
        "progress": 50,
    }
