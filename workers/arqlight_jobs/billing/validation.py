"""The queue of billing validations and its one job type.

The job carries two ids and nothing else: what a file is called or holds never reaches Redis.
"""

import asyncio
from typing import Any

from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard, LeaseLost
from arqlight_core.policy import DAY, HOUR, SECOND, Backoff, Keep, Retention, gives_up
from arqlight_core.run import Run
from arqlight_jobs.billing import tariff, uploads
from arqlight_jobs.billing.attempt import Attempt
from arqlight_jobs.billing.intake import accept_path
from arqlight_jobs.billing.ledger import Ledger, RunState, RunUnknown
from arqlight_jobs.billing.progress import Progress
from arqlight_jobs.billing.records import Records, records
from arqlight_jobs.billing.request import ValidationRequest, job_id
from arqlight_jobs.billing.runlog import Level, SafeMetadata
from arqlight_jobs.billing.tables import Status
from arqlight_jobs.billing.tariff import Basis
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.faults import FileUnusable

TIMEOUT = 900 * SECOND

WORK_LIMIT = TIMEOUT - 20 * SECOND
"""An attempt gives up by itself before the job's timeout cancels it: only then can it still record a last failure."""

RETRY = Backoff(attempts=3, first=5 * SECOND)

validations = Queue(
    name="billing:validation",
    purpose="Billing files to check against the rules of the fee agreement.",
    concurrency=2,
    retention=Retention(completed=Keep(100, HOUR), dead=Keep(1000, DAY)),
    # Long files on machines that come and go: a worker lost under one says little about the file.
    poison_after=4,
)


@validations.job("billing.validate", ValidationRequest, timeout=TIMEOUT, retry=RETRY, id_of=job_id, intake=accept_path)
async def validate(run: Run, request: ValidationRequest) -> dict[str, Any]:
    """Check a billing file against every rule and keep its records and findings, exactly once."""
    opened = await run.open(records)
    ledger = Ledger(opened.engine, request.validation_id, run.fence)
    try:
        state = await ledger.begin(run.job_id, request.file_id)
    except RunUnknown:
        raise Discard("There is no such validation run; submit the file again.") from None
    if state.status is Status.PROCESSING:
        state = state._replace(totals=await _carried_out(run, request, opened, ledger, state))
    # Only now: a run whose end is recorded needs its file no more, whatever happens next.
    await in_thread(lambda: uploads.discard(opened.settings, request.file_id))
    if state.status is Status.FAILED:
        raise Discard(state.error_message or "The validation has failed.")
    return state.totals or {}


async def _carried_out(
    run: Run, request: ValidationRequest, opened: Records, ledger: Ledger, state: RunState
) -> dict[str, Any]:
    try:
        async with asyncio.timeout(WORK_LIMIT.total_seconds()):
            basis = Basis(state.run_date, tariff.load(opened.settings))
            return await Attempt(run, opened, ledger, basis, Progress(run, ledger)).validate(request.file_id)
    except LeaseLost:
        raise
    except FileUnusable as problem:
        await _fail(request, opened, ledger, str(problem), SafeMetadata(job_id=run.job_id, fault=problem.fault))
        raise Discard(str(problem)) from None
    except Exception as problem:
        if gives_up(RETRY, run.attempt, problem):
            # The kind of the error alone: its message might quote a cell.
            message = f"Gave up after {run.attempt} attempts; the last one ended with {type(problem).__name__}."
            await _fail(request, opened, ledger, message, SafeMetadata(job_id=run.job_id, attempt=run.attempt))
        raise


async def _fail(request: ValidationRequest, opened: Records, ledger: Ledger, message: str, facts: SafeMetadata) -> None:
    """Record a failure that no attempt follows; the file goes only once that is recorded."""
    await ledger.log("validation", message, facts, Level.ERROR)
    await ledger.fail(message)
    await in_thread(lambda: uploads.discard(opened.settings, request.file_id))
