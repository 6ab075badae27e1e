"""`Job.abort()` of a stock handle, where the worker allows it: running, waiting, and too late."""

import asyncio
import signal
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus

from tests.faults.fleet import eventually, until
from tests.faults.stock import Context, named, noop, queue_many, serving, worker_for

pytestmark = pytest.mark.fault


async def test_a_running_job_is_aborted_by_its_handle(stock: ArqRedis) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def lasts(_: Context) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    [job] = await queue_many(stock, 1, "lasts")
    async with serving(stock, [named("lasts", lasts)], allow_abort_jobs=True) as worker:
        await begun.wait()
        assert await job.abort(timeout=10, poll_delay=0.05)
        assert worker.jobs_failed == 1
    assert stopped.is_set()
    assert await stock.exists("arq:abort") == 0


async def test_a_drain_does_not_bring_back_what_was_aborted_and_still_tidies_up(stock: ArqRedis) -> None:
    tidies = asyncio.Event()

    async def lasts(_: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidies.set()
            await asyncio.Event().wait()

    [job] = await queue_many(stock, 1, "lasts")
    worker = worker_for(stock, [named("lasts", lasts)], allow_abort_jobs=True)
    serves = asyncio.create_task(worker.async_run())
    await eventually(lambda: _runs(job))
    abort = asyncio.create_task(job.abort(timeout=10, poll_delay=0.05))
    await tidies.wait()
    for _ in ("drain", "and at once"):
        worker.handle_sig(signal.SIGTERM)
    assert await abort
    await serves
    await worker.close()


async def _runs(job: Job) -> bool:
    return await job.status() == JobStatus.in_progress


async def test_a_job_aborted_before_its_start_never_starts(stock: ArqRedis) -> None:
    started: list[str] = []

    async def starts(ctx: Context) -> None:
        started.append(ctx["job_id"])

    job = await stock.enqueue_job("starts", _defer_by=60)
    assert job is not None
    raw: Any = stock
    aborting = asyncio.create_task(job.abort(timeout=10, poll_delay=0.05))
    await eventually(lambda: raw.exists("arq:abort"))
    async with serving(stock, [named("starts", starts)], allow_abort_jobs=True):
        assert await aborting
    assert started == []


async def test_an_abort_that_comes_too_late_is_forgotten(stock: ArqRedis) -> None:
    async def lasts(_: Context) -> None:
        await asyncio.sleep(0.3)

    [job] = await queue_many(stock, 1)
    async with serving(stock, [noop, named("lasts", lasts)], allow_abort_jobs=True, keep_result=0) as worker:
        await until(lambda: worker.jobs_complete == 1)
        await eventually(lambda: _gone(job))
        assert not await job.abort(timeout=5, poll_delay=0.05)
        await asyncio.sleep(0.005)  # the mark is older than the next job of that id
        assert await stock.enqueue_job("lasts", _job_id=job.job_id) is not None
        await until(lambda: worker.jobs_complete == 2)
    assert worker.jobs_failed == 0


async def _gone(job: Job) -> bool:
    return await job.status() == JobStatus.not_found
