"""Every argument of arq.Worker means to a fleet worker what arq says it means; docs/drop-in.md tells the same."""

import asyncio
import inspect
import signal
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from arq import cron
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.jobs import Job, JobStatus
from arq.worker import JobExecutionFailed, Worker

from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually, until
from tests.faults.stock import Context, burst, failure, named, noop, queued, serving, worker_for

pytestmark = pytest.mark.fault


# ------------------------------------------------------------------ what it serves and where


async def test_a_worker_needs_a_function_or_a_cron_job() -> None:
    with pytest.raises(RuntimeError, match="at least one function or cron_job"):
        FleetWorker([], handle_signals=False)


async def test_queue_name_is_the_queue_served(stock: ArqRedis) -> None:
    other = await queued(stock, "noop", 1, _queue_name="other")
    await queued(stock, "noop", 2)
    worker = await burst(stock, [noop], queue_name="other")
    assert worker.jobs_complete == 1
    assert await other.result() == 1


async def test_a_pool_of_the_users_is_served_and_names_the_queue(stock: ArqRedis) -> None:
    pool: Any = stock.connection_pool
    settings = RedisSettings(unix_socket_path=pool.connection_kwargs["path"])
    own = await create_pool(settings, default_queue_name="mine")
    job = await queued(own, "noop", 3)
    worker = FleetWorker([noop], redis_pool=own, queue_name=None, burst=True, handle_signals=False)
    await worker.async_run()
    assert worker.ctx["redis"] is own
    assert await job.result() == 3
    await worker.close()


async def test_a_job_of_no_known_function_waits_for_a_worker_that_knows_it(stock: ArqRedis) -> None:
    job = await queued(stock, "later", 4)
    async with serving(stock, [noop]) as worker:
        await eventually(lambda: _status_is(job, JobStatus.deferred))
        assert worker.jobs_failed == 0


async def _status_is(job: Job, status: JobStatus) -> bool:
    return await job.status() is status


async def test_in_burst_mode_it_fails_as_in_arq_for_a_burst_has_to_end(stock: ArqRedis) -> None:
    job = await queued(stock, "later")
    worker = await burst(stock, [noop])
    assert worker.jobs_failed == 1
    assert await failure(job) == JobExecutionFailed("function 'later' not found")


# ------------------------------------------------------------------ health, context, schedules


async def test_health_is_written_under_its_key_and_deleted_at_the_end(stock: ArqRedis) -> None:
    async with serving(stock, [noop], health_check_key="hc", health_check_interval=7):
        await eventually(lambda: stock.exists("hc"))
        assert 0 < await stock.ttl("hc") <= 8
        assert b"j_complete=0 j_failed=0 j_retried=0 j_ongoing=0 queued=0" in (await stock.get("hc") or b"")
    assert not await stock.exists("hc")


async def test_what_on_startup_puts_into_the_context_reaches_jobs_and_on_shutdown(stock: ArqRedis) -> None:
    seen: list[tuple[int, int]] = []

    async def opens(ctx: Context) -> None:
        ctx["opened"] = 2

    async def looks(ctx: Context) -> None:
        seen.append((ctx["given"], ctx["opened"]))

    await queued(stock, "looks")
    told = {"ctx": {"given": 1}, "on_startup": opens, "on_shutdown": looks}
    await burst(stock, [named("looks", looks)], **told)
    assert seen == [(1, 2), (1, 2)]


async def test_expires_extra_ms_bounds_what_jobs_enqueue(stock: ArqRedis) -> None:
    async def parent(ctx: Context) -> None:
        await ctx["redis"].enqueue_job("noop", _job_id="child", _defer_by=60)

    await queued(stock, "parent")
    async with serving(stock, [noop, named("parent", parent)], expires_extra_ms=1000) as worker:
        await until(lambda: worker.jobs_complete == 1)
    assert 0 < await stock.pttl("arq:job:child") <= 61_000


async def test_cron_jobs_are_evaluated_in_the_given_time_zone(stock: ArqRedis) -> None:
    zone = timezone(timedelta(hours=5, minutes=45))

    async def nightly(ctx: Context) -> None:
        del ctx

    job = cron(nightly, name="nightly", hour=3, minute=0)
    async with serving(stock, cron_jobs=[job], timezone=zone):
        await until(lambda: job.next_run)
    assert job.next_run is not None
    assert (job.next_run.hour, job.next_run.utcoffset()) == (3, timedelta(hours=5, minutes=45))


# ------------------------------------------------------------------ the end


async def test_a_worker_without_signals_is_ended_by_close(stock: ArqRedis) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def waits(_: Context) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    job = await queued(stock, "waits")
    worker = worker_for(stock, [named("waits", waits)])
    task = asyncio.create_task(worker.async_run())
    await begun.wait()
    await worker.close()
    await task
    assert cancelled.is_set()
    assert await job.status() is JobStatus.queued


async def test_signals_are_handled_only_where_asked_for(stock: ArqRedis) -> None:
    worker_for(stock, [noop])
    loop = asyncio.get_running_loop()
    assert not loop.remove_signal_handler(signal.SIGTERM)
    pool: Any = stock.connection_pool
    FleetWorker([noop], url=f"unix://{pool.connection_kwargs['path']}")
    assert loop.remove_signal_handler(signal.SIGTERM)
    assert loop.remove_signal_handler(signal.SIGINT)


def test_every_argument_of_arqs_is_spoken_of_in_the_documentation() -> None:
    told = (Path(__file__).parents[2] / "docs" / "drop-in.md").read_text()
    missing = [name for name in inspect.signature(Worker).parameters if f"`{name}`" not in told]
    assert missing == []
