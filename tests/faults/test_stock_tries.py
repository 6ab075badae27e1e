"""How long a job may take and how often it is tried, by arq's own arguments to a fleet worker."""

import asyncio

import pytest
from arq import Retry
from arq.connections import ArqRedis
from arq.jobs import JobStatus
from arq.worker import RetryJob

from tests.faults.stock import Context, burst, failure, named, noop, queue_many, queued, serving

pytestmark = pytest.mark.fault


async def test_job_timeout_fails_a_job_and_a_functions_own_wins(stock: ArqRedis) -> None:
    async def slow(_: Context) -> str:
        await asyncio.sleep(0.3)
        return "done"

    short, long = await queued(stock, "short"), await queued(stock, "long")
    await burst(stock, [named("short", slow), named("long", slow, timeout=5)], job_timeout=0.05)
    assert isinstance(await failure(short), TimeoutError)
    assert await long.result() == "done"


async def test_max_tries_bounds_retries_and_a_functions_own_wins(stock: ArqRedis) -> None:
    tries: dict[str, int] = {}

    async def again(ctx: Context) -> None:
        tries[ctx["job_id"]] = ctx["job_try"]
        raise Retry

    for name in ("two", "three"):
        await queued(stock, name, _job_id=name)
    await burst(stock, [named("two", again), named("three", again, max_tries=3)], max_tries=2)
    assert tries == {"two": 2, "three": 3}


@pytest.mark.parametrize("wish", [Retry(), Retry(defer=60), RetryJob("again")], ids=["retry", "deferred", "retry job"])
async def test_without_retry_jobs_a_job_that_asks_for_a_retry_fails(stock: ArqRedis, wish: Exception) -> None:
    async def asks(_: Context) -> None:
        raise wish

    job = await queued(stock, "asks")
    worker = await burst(stock, [named("asks", asks)], retry_jobs=False)
    assert (worker.jobs_failed, worker.jobs_retried) == (1, 0)
    assert type(await failure(job)) is type(wish)


@pytest.mark.parametrize("retries", [True, False])
async def test_a_job_cancelled_by_a_drain_runs_again_unless_retry_jobs_forbids_it(
    stock: ArqRedis,
    retries: bool,  # noqa: FBT001
) -> None:
    begun = asyncio.Event()

    async def waits(_: Context) -> None:
        begun.set()
        await asyncio.sleep(60)

    job = await queued(stock, "waits")
    async with serving(stock, [named("waits", waits)], retry_jobs=retries):
        await begun.wait()
    assert await job.status() is (JobStatus.queued if retries else JobStatus.complete)
    if not retries:
        assert isinstance(await failure(job), asyncio.CancelledError)


async def test_job_completion_wait_lets_running_jobs_end_before_the_worker_does(stock: ArqRedis) -> None:
    begun = asyncio.Event()

    async def takes_a_while(_: Context) -> str:
        begun.set()
        await asyncio.sleep(0.3)
        return "done"

    job = await queued(stock, "slow")
    async with serving(stock, [named("slow", takes_a_while)], job_completion_wait=10):
        await begun.wait()
    assert await job.result() == "done"


async def test_queue_read_limit_limits_nothing_for_running_jobs_do_not_stand_in_the_way(stock: ArqRedis) -> None:
    together, running = asyncio.Event(), 0

    async def all_at_once(_: Context) -> None:
        nonlocal running
        running += 1
        if running == 5:
            together.set()
        await together.wait()

    await queue_many(stock, 5, "all")
    worker = await burst(stock, [named("all", all_at_once)], queue_read_limit=1, max_jobs=5)
    assert worker.jobs_complete == 5


async def test_poll_delay_does_not_hold_up_a_job_whose_moment_is_known(stock: ArqRedis) -> None:
    job = await queued(stock, "noop", 6, _defer_by=0.5)
    async with serving(stock, [noop], poll_delay=30):
        assert await job.result(timeout=10, poll_delay=0.05) == 6
