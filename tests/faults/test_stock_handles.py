"""Stock producers and stock Job handles with a fleet worker behind them: all is as arq's documentation says."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from arq import Retry
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus, ResultNotFound
from arq.worker import FailedJobs, JobExecutionFailed

from arqlight_core.clock import monotonic, now
from tests.faults.fleet import eventually
from tests.faults.stock import Context, burst, named, serving, worker_for

pytestmark = pytest.mark.fault


async def queued(stock: ArqRedis, function: str, *arguments: object, **options: object) -> Job:
    job = await stock.enqueue_job(function, *arguments, **options)  # pyright: ignore[reportArgumentType] - arq's own keywords
    assert job is not None
    return job


async def add(_: Context, one: int, *, other: int = 0) -> int:
    return one + other


async def fails(_: Context) -> None:
    raise ValueError("boom")


async def lasts(_: Context) -> None:
    await asyncio.Event().wait()


async def test_a_handle_follows_its_job_from_deferred_to_complete(stock: ArqRedis) -> None:
    go_on = asyncio.Event()

    async def waits(_: Context) -> str:
        await go_on.wait()
        return "done"

    job = await queued(stock, "waits", _defer_by=0.3)
    assert await job.status() == JobStatus.deferred
    await eventually(lambda: _is(job, JobStatus.queued))
    async with serving(stock, [named("waits", waits)]):
        await eventually(lambda: _is(job, JobStatus.in_progress))
        go_on.set()
        assert await job.result(timeout=10, poll_delay=0.05) == "done"
    assert await job.status() == JobStatus.complete


async def _is(job: Job, status: JobStatus) -> bool:
    return await job.status() == status


async def test_arguments_and_results_travel_both_ways_and_the_info_is_complete(stock: ArqRedis) -> None:
    job = await queued(stock, "add", 1, other=2)
    await burst(stock, [add])
    assert await job.result() == 3
    info = await job.result_info()
    assert info is not None
    assert (info.function, info.args, info.kwargs, info.job_try) == ("add", (1,), {"other": 2}, 1)
    assert info.enqueue_time <= info.start_time <= info.finish_time


async def test_a_plain_exception_fails_the_job_at_once_and_is_raised_by_the_handle(stock: ArqRedis) -> None:
    job = await queued(stock, "fails")
    worker = await burst(stock, [fails])
    assert (worker.jobs_complete, worker.jobs_failed, worker.jobs_retried) == (0, 1, 0)
    with pytest.raises(ValueError, match="boom"):
        await job.result()


async def test_a_retry_runs_again_after_its_delay(stock: ArqRedis) -> None:
    moments: list[float] = []

    async def again(ctx: Context) -> int:
        moments.append(monotonic())
        if ctx["job_try"] < 3:
            raise Retry(defer=0.2)
        return ctx["job_try"]

    job = await queued(stock, "again")
    worker = await burst(stock, [named("again", again)])
    assert await job.result() == 3
    assert (worker.jobs_complete, worker.jobs_retried) == (1, 2)
    assert moments[1] - moments[0] >= 0.2
    assert moments[2] - moments[1] >= 0.2


async def test_retries_that_are_used_up_fail_the_job_in_words_every_producer_can_read(stock: ArqRedis) -> None:
    async def never(_: Context) -> None:
        raise Retry

    job = await queued(stock, "never")
    await burst(stock, [named("never", never, max_tries=2)])
    with pytest.raises(JobExecutionFailed):
        await job.result()


async def test_a_deferred_job_does_not_run_before_its_time(stock: ArqRedis) -> None:
    started: list[datetime] = []

    async def when(_: Context) -> None:
        started.append(now())

    due = now().timestamp() + 0.5
    await queued(stock, "when", _defer_until=datetime.fromtimestamp(due, UTC))
    await burst(stock, [named("when", when)])
    assert started[0].timestamp() >= due - 0.002


async def test_an_unknown_function_is_deferred_without_an_attempt_and_runs_where_it_is_known(stock: ArqRedis) -> None:
    job = await queued(stock, "add", 1)
    async with serving(stock, [fails]):
        await eventually(lambda: _is(job, JobStatus.deferred))
    await stock.zadd(stock.default_queue_name, {job.job_id: 1})  # instead of waiting
    await burst(stock, [add])
    info = await job.result_info()
    assert info is not None
    assert (info.success, info.job_try) == (True, 1)


@pytest.mark.parametrize("payload", [b"", b"\x00garbage", b"\x80\x04cos\nnothing\n."])
async def test_a_corrupt_payload_goes_to_the_dead_letters_and_the_worker_goes_on(
    stock: ArqRedis, payload: bytes
) -> None:
    raw: Any = stock
    await raw.set("arq:job:broken", payload)
    await raw.zadd(stock.default_queue_name, {"broken": 1})
    job = await queued(stock, "add", 1)
    async with serving(stock, [add]):
        assert await job.result(timeout=10, poll_delay=0.05) == 1
    assert await raw.zrange("arqlight:{arq:queue}:dead", 0, -1) == [b"broken"]
    assert await raw.hget("arqlight:job:broken", "payload") == payload


async def test_a_job_that_lasts_too_long_fails_with_a_timeout(stock: ArqRedis) -> None:
    job = await queued(stock, "lasts")
    await burst(stock, [lasts], job_timeout=0.2)
    with pytest.raises(TimeoutError):
        await job.result()


async def test_a_result_is_kept_as_the_worker_or_the_function_says(stock: ArqRedis) -> None:
    names = ("plain", "none", "forever")
    jobs = {name: await queued(stock, name, 1) for name in names}
    own: dict[str, dict[str, Any]] = {"none": {"keep_result": 0}, "forever": {"keep_result_forever": True}}
    await burst(stock, [named(name, add, **own.get(name, {})) for name in names], keep_result=100)
    ttls = {name: await stock.ttl(f"arq:result:{job.job_id}") for name, job in jobs.items()}
    assert ttls.pop("plain") in range(90, 101)
    assert ttls == {"none": -2, "forever": -1}
    with pytest.raises(ResultNotFound):
        await jobs["none"].result()


async def test_a_job_id_is_taken_while_its_job_or_its_result_is_there(stock: ArqRedis) -> None:
    await queued(stock, "add", 1, _job_id="one")
    assert await stock.enqueue_job("add", 2, _job_id="one") is None
    await burst(stock, [add])
    assert await stock.enqueue_job("add", 3, _job_id="one") is None


async def test_run_check_counts_what_was_done_and_raises_what_failed(stock: ArqRedis) -> None:
    await queued(stock, "add", 1)
    assert await _checked(stock) == 1
    await queued(stock, "fails")
    with pytest.raises(FailedJobs, match="boom"):
        await _checked(stock)


async def _checked(stock: ArqRedis) -> int:
    worker = worker_for(stock, [add, fails], burst=True)
    try:
        return await worker.run_check()
    finally:
        await worker.close()


async def test_a_payload_that_expired_before_it_ran_is_a_failure_and_no_result_is_overwritten(stock: ArqRedis) -> None:
    job = await queued(stock, "add", 1, _defer_by=0.4, _expires=0.1)
    await burst(stock, [add])
    with pytest.raises(JobExecutionFailed, match="expired"):
        await job.result()
