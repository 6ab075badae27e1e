import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.billing import attempt, validation
from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.intake import report
from arqlight_jobs.billing.ledger import Ledger
from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.billing.rules import RULES
from arqlight_jobs.billing.samples import write_sample
from arqlight_jobs.billing.validation import validate
from arqlight_jobs.tabular import faults, reading
from tests.billing_files import FakeRun, attempt_stopped_at, carry_out, kept, stored, submit, submit_bytes

EVERY_RULE = {rule.id: 1 + number % 3 for number, rule in enumerate(RULES)}
HEADER = ";".join(Column).encode()


async def sample(
    settings: Settings, rows: int, violations: dict[str, int] | None = None, **how: Any
) -> ValidationRequest:
    path = settings.data_dir / "sample.csv"
    await asyncio.to_thread(lambda: write_sample(path, rows, violations, **how))
    return await submit(settings, path)


async def run_of(settings: Settings, request: ValidationRequest) -> dict[str, Any]:
    return (await report(request.validation_id, settings))["run"]


async def test_every_rule_finds_exactly_what_was_planted(settings: Settings) -> None:
    request = await sample(settings, 1500, EVERY_RULE)
    totals = await carry_out(settings, request)
    assert totals["rules"] == EVERY_RULE
    found = await report(request.validation_id, settings)
    counts = {rule: sum(finding["rule"] == rule for finding in found["findings"]) for rule in EVERY_RULE}
    assert counts == EVERY_RULE
    assert found["run"]["totals"] == totals
    assert sum(totals["severities"].values()) == totals["findings"] == sum(EVERY_RULE.values())
    assert await kept(settings, request) == (totals["rows"], totals["findings"])
    assert not stored(settings, request).exists()


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
async def test_encodings_and_delimiters(settings: Settings, encoding: str, delimiter: str) -> None:
    planted = {"R06": 2, "R12": 1, "R16": 1, "R23": 1}
    request = await sample(settings, 60, planted, encoding=encoding, delimiter=delimiter)
    totals = await carry_out(settings, request)
    assert (totals["rules"], totals["rows"]) == (planted, 66)


async def test_progress_passes_its_milestones_and_only_grows(settings: Settings) -> None:
    request = await sample(settings, 1200, EVERY_RULE)
    run = FakeRun(settings)
    async with run.stack:
        await validate.handler(run, request)
    assert run.stages == ["parse", "insert", "rules", "results"]
    assert all(before <= after for before, after in pairwise(run.percents))
    assert {50, 75, 90, 100} <= set(run.percents)
    state = await run_of(settings, request)
    assert (state["status"], state["progress"], state["attempt"]) == ("completed", 100, 1)


@pytest.mark.parametrize("percent", [30, 50, 60, 75, 80, 90, 95])
async def test_an_attempt_that_is_cut_off_leaves_one_set_after_the_next(settings: Settings, percent: int) -> None:
    request = await sample(settings, 1200, EVERY_RULE)
    async with attempt_stopped_at(settings, request, percent) as run:
        assert run.task
        assert run.task.cancelled()
    state = await run_of(settings, request)
    assert state["status"] == "processing"
    assert stored(settings, request).exists()
    totals = await carry_out(settings, request, fence=2)
    assert totals["rules"] == EVERY_RULE
    assert await kept(settings, request) == (totals["rows"], totals["findings"])
    assert (await run_of(settings, request))["attempt"] == 2


async def test_a_completed_run_that_is_delivered_again_is_left_as_it_is(settings: Settings) -> None:
    request = await sample(settings, 50, {"R06": 1})
    totals = await carry_out(settings, request)
    assert await carry_out(settings, request, fence=2) == totals
    assert (await run_of(settings, request))["attempt"] == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty_file"),
        (b"\0" * 50, "not_text"),
        (b"\x01\x02 text", "not_text"),
        (b"name;place\nA;B\n", "missing_column"),
        (HEADER, "no_data_rows"),
        (HEADER + b"\r\n\r\n", "no_data_rows"),
        (HEADER + b'\r\n"' + b"x" * 300_000, "unreadable_csv"),
        (HEADER + b"\r\n1;2\r\n" * 4, "over_limits"),
        (HEADER + b"x" * 400_000, "over_limits"),
    ],
)
async def test_a_file_that_cannot_be_used_fails_for_good(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, content: bytes, fault: str
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    monkeypatch.setattr(faults, "MAX_BYTES", 350_000)
    request = await submit_bytes(settings, content)
    with pytest.raises(Discard, match=fault):
        await carry_out(settings, request)
    state = await run_of(settings, request)
    assert state["status"] == "failed"
    assert state["error_message"].startswith(fault)
    assert not stored(settings, request).exists()
    assert await kept(settings, request) == (0, 0)
    with pytest.raises(Discard, match=fault):
        await carry_out(settings, request, fence=2)


async def test_a_missing_file_and_an_unknown_run_are_permanent(settings: Settings) -> None:
    request = await sample(settings, 5)
    await asyncio.to_thread(stored(settings, request).unlink)
    with pytest.raises(Discard, match="missing_file"):
        await carry_out(settings, request)
    with pytest.raises(Discard, match="no such validation run"):
        await carry_out(settings, ValidationRequest(request.file_id, request.file_id))


async def test_a_symbolic_link_is_not_followed(settings: Settings) -> None:
    request = await sample(settings, 5)
    path = stored(settings, request)
    await asyncio.to_thread(path.rename, settings.data_dir / "elsewhere.csv")
    await asyncio.to_thread(path.symlink_to, settings.data_dir / "elsewhere.csv")
    with pytest.raises(Discard, match="missing_file"):
        await carry_out(settings, request)


async def failing_at(settings: Settings, request: ValidationRequest, percent: int, number: int) -> None:
    run = FakeRun(settings, fence=number, attempt=number)
    run.stop_at, run.failure = percent, OSError("a disk said EXEA54122816")
    async with run.stack:
        with pytest.raises(OSError, match="a disk"):
            await validate.handler(run, request)


async def test_a_passing_fault_keeps_the_file_until_the_last_attempt(settings: Settings) -> None:
    request = await sample(settings, 600)
    for number in (1, 2):
        await failing_at(settings, request, 60, number)
        state = await run_of(settings, request)
        assert (state["status"], state["attempt"]) == ("processing", number)
        assert stored(settings, request).exists()
    await failing_at(settings, request, 60, 3)
    state = await run_of(settings, request)
    assert state["status"] == "failed"
    assert state["error_message"] == "Gave up after 3 attempts; the last one ended with OSError."
    assert not stored(settings, request).exists()
    assert await kept(settings, request) == (0, 0)


async def test_a_database_fault_is_retried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    request = await sample(settings, 20)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "add_records", refuse)
        with pytest.raises(OperationalError):
            await carry_out(settings, request)
    assert stored(settings, request).exists()
    assert (await carry_out(settings, request, fence=2, attempt=2))["rows"] == 20


async def test_an_attempt_gives_up_by_itself_before_the_job_times_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await sample(settings, 20)
    monkeypatch.setattr(validation, "WORK_LIMIT", 0 * validation.TIMEOUT)
    with pytest.raises(TimeoutError):
        await carry_out(settings, request, attempt=3)
    assert (await run_of(settings, request))["error_message"].endswith("TimeoutError.")


async def test_a_tariff_in_the_data_folder_replaces_the_sample(settings: Settings) -> None:
    tariff = {"as_of": "2025-01-01", "known_codes": ["15822"]}
    path = settings.data_dir / "billing" / "tariff.json"
    path.parent.mkdir()
    await asyncio.to_thread(path.write_bytes, msgspec.json.encode(tariff))
    totals = await carry_out(settings, await sample(settings, 40, {"R20": 1}))
    assert set(totals["rules"]) == {"R09"}


async def test_rows_that_lack_what_makes_a_group_are_in_none(settings: Settings) -> None:
    header = "Date de Service;Code;Doctor Info;Patient;Montant Preliminaire;Montant payé;Unités;ID RAMQ"
    rows = [
        "2025-02-30;8859;1234567-00000;EXEA54122816;1;1;100;15588984573",
        "2025-02-29;8859;1234567-00000;EXEA54122816;1;1;100;15588984574",
        "2025-05-14;15815;1234567-00000;;1;1;0;15588984575",
        "2025-05-15;15815;1234567-00000;;1;1;0;15588984576",
        "2025-05-14;;1234567-00000;EXEA54122816;1;1;0;15588984577",
        "2025-05-14;;1234567-00000;EXEA54122816;1;1;0;15588984577",
    ]
    totals = await carry_out(settings, await submit_bytes(settings, "\n".join([header, *rows]).encode()))
    assert totals["rules"] == {"R02": 4, "R03": 2}


async def test_a_missed_enrolment_fee_is_found_through_the_database(settings: Settings) -> None:
    tariff = {"as_of": "2025-01-01", "gmf_places": ["55489"], "visit_codes": ["15774"], "enrolment_code": "8875"}
    path = settings.data_dir / "billing" / "tariff.json"
    path.parent.mkdir()
    await asyncio.to_thread(path.write_bytes, msgspec.json.encode(tariff))
    row = "2025-05-14;15774;1234567-00000;EXEA54122816;47,05;47,05;55489"
    header = "Date de Service;Code;Doctor Info;Patient;Montant Preliminaire;Montant payé;Lieu de pratique"
    totals = await carry_out(settings, await submit_bytes(settings, f"{header}\n{row}\n".encode()))
    assert totals["severities"] == {"optimization": 1}


def test_the_declaration() -> None:
    request = validate.parse(
        {"validation_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "file_id": "1" * 8 + "-0000-4000-8000-" + "0" * 12}
    )
    assert validate.id_of
    assert validate.id_of(request) == f"validation-{request.validation_id}"
    assert (validate.queue.concurrency, validate.retry.attempts, attempt.BATCH) == (2, 3, 500)
    assert set(msgspec.to_builtins(request)) == {"validation_id", "file_id"}
