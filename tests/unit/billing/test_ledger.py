import asyncio
from datetime import date

import pytest

from arqlight_core.errors import LeaseLost
from arqlight_core.settings import Settings
from arqlight_jobs.billing.findings import Finding, Severity
from arqlight_jobs.billing.keeping import Record
from arqlight_jobs.billing.ledger import Ledger, RunUnknown
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.billing.runlog import SafeMetadata
from arqlight_jobs.billing.samples import write_sample
from arqlight_jobs.billing.tables import Status
from tests.billing_files import TODAY, attempt_stopped_at, carry_out, kept, submit

ROWS = [Record(number, b"sealed", day=date(2025, 5, 14)) for number in (1, 2)]
FINDING = Finding("R06", Severity.ERROR, 1, "Row 1: wrong.")


@pytest.fixture
async def request_(settings: Settings) -> ValidationRequest:
    path = settings.data_dir / "sample.csv"
    await asyncio.to_thread(write_sample, path, 700)
    return await submit(settings, path)


async def test_an_older_owner_writes_nothing_any_more(settings: Settings, request_: ValidationRequest) -> None:
    async with records(settings) as opened:
        first = Ledger(opened.engine, request_.validation_id, fence=1)
        second = Ledger(opened.engine, request_.validation_id, fence=2)
        await first.begin("job", request_.file_id)
        await first.add_records(ROWS, 60)
        state = await second.begin("job", request_.file_id)
        assert (state.status, state.attempt, state.run_date) == (Status.PROCESSING, 2, TODAY)
        for late in (
            first.add_records(ROWS, 70),
            first.add_findings([FINDING], 1, 95),
            first.save_progress(70),
            first.complete({}),
            first.fail("x"),
            first.log("validation", "x", SafeMetadata()),
            first.begin("job", request_.file_id),
        ):
            with pytest.raises(LeaseLost):
                await late
        assert await kept(settings, request_) == (0, 0)
        await second.add_records(ROWS, 75)
        await second.complete({"rows": 2})
    assert await kept(settings, request_) == (2, 0)


async def test_the_same_fence_begins_only_once(settings: Settings, request_: ValidationRequest) -> None:
    async with records(settings) as opened:
        await Ledger(opened.engine, request_.validation_id, fence=3).begin("job", request_.file_id)
        for fence in (2, 3):
            with pytest.raises(LeaseLost):
                await Ledger(opened.engine, request_.validation_id, fence).begin("job", request_.file_id)


async def test_an_ended_run_is_never_written_again(settings: Settings, request_: ValidationRequest) -> None:
    async with records(settings) as opened:
        ledger = Ledger(opened.engine, request_.validation_id, fence=1)
        await ledger.begin("job", request_.file_id)
        await ledger.complete({"rows": 0})
        with pytest.raises(LeaseLost):
            await ledger.fail("late")
        state = await Ledger(opened.engine, request_.validation_id, fence=2).begin("job", request_.file_id)
        assert (state.status, state.totals) == (Status.COMPLETED, {"rows": 0})


async def test_an_unknown_run_or_another_file(settings: Settings, request_: ValidationRequest) -> None:
    async with records(settings) as opened:
        with pytest.raises(RunUnknown):
            await Ledger(opened.engine, request_.validation_id, fence=1).begin("job", "another")
        with pytest.raises(RunUnknown):
            await Ledger(opened.engine, "unknown", fence=1).begin("job", "unknown")


async def test_a_stopped_worker_that_wakes_up_adds_no_rows(settings: Settings, request_: ValidationRequest) -> None:
    async with attempt_stopped_at(settings, request_, 70, fence=1) as run:
        totals = await carry_out(settings, request_, fence=2)
        opened = await run.open(records)
        with pytest.raises(LeaseLost):
            await Ledger(opened.engine, request_.validation_id, fence=1).add_records(ROWS, 70)
    assert await kept(settings, request_) == (totals["rows"], 0)


async def test_two_workers_at_once_leave_one_set(settings: Settings, request_: ValidationRequest) -> None:
    outcomes = await asyncio.gather(
        carry_out(settings, request_, fence=1), carry_out(settings, request_, fence=2), return_exceptions=True
    )
    totals = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert totals
    assert all(isinstance(outcome, dict | LeaseLost) for outcome in outcomes)
    assert await kept(settings, request_) == (700, 0)
