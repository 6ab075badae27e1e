"""Every argument of arq.Worker means to a fleet worker what arq says it means; docs/drop-in.md tells the same."""

import asyncio
import inspect
import json
import logging
import signal
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from arq import Retry, cron
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.jobs import Job, JobStatus
from arq.worker import JobExecutionFailed, RetryJob, Worker

from arqlight_core import codec, logs
from arqlight_core.settings import Settings
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually, until
from tests.faults.stock import Context, burst, named, noop, queue_many, serving, worker_for

pytestmark = pytest.mark.fault


async def queued(stock: ArqRedis, function: str = "noop", *given: Any, **options: Any) -> Job:
    job = await stock.enqueue_job(function, *given, **options)
    assert job is not None
    return job


async def failure(job: Job) -> Any:
    """What a failed job's result is, as its producer reads it."""
    info = await job.result_info()
    assert info is not None
    assert not info.success
    return info.result


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


# ------------------------------------------------------------------ how long and how often


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


# ------------------------------------------------------------------ results and logs


async def test_results_are_kept_as_long_as_arqs_arguments_say(stock: ArqRedis) -> None:
    functions = [
        named("default", noop),
        named("own", noop, keep_result=5),
        named("none", noop, keep_result=0),
        named("ever", noop, keep_result_forever=True),
    ]
    jobs = {name: await queued(stock, name) for name in ("default", "own", "none", "ever")}
    await burst(stock, functions, keep_result=100)
    left = {name: await stock.ttl(f"arq:result:{job.job_id}") for name, job in jobs.items()}
    assert 95 < left["default"] <= 100
    assert 0 < left["own"] <= 5
    assert (left["none"], left["ever"]) == (-2, -1)


async def test_a_functions_own_keep_result_holds_for_its_failures_too(stock: ArqRedis) -> None:
    async def again(_: Context) -> None:
        raise Retry

    job = await queued(stock, "again")
    await burst(stock, [named("again", again, keep_result=5, max_tries=1)], keep_result=100)
    assert isinstance(await failure(job), JobExecutionFailed)
    assert 0 < await stock.ttl(f"arq:result:{job.job_id}") <= 5


@pytest.mark.parametrize("shown", [True, False])
async def test_log_results_decides_whether_results_are_logged(
    stock: ArqRedis,
    caplog: pytest.LogCaptureFixture,
    shown: bool,  # noqa: FBT001
) -> None:
    async def tells(_: Context) -> dict[str, int]:
        return {"the answer": 42}

    caplog.set_level(logging.INFO, "arq.worker")
    await queued(stock, "tells")
    await burst(stock, [named("tells", tells)], log_results=shown)
    assert ("● {'the answer': 42}" in caplog.text) is shown


async def test_what_a_handler_logs_carries_its_job(
    stock: ArqRedis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def speaks(_: Context) -> None:
        logging.getLogger("mine").warning("here I am")

    def packed(fields: dict[str, Any]) -> bytes:
        return codec.pack({**fields, "x": {"correlation_id": "c-1"}})

    stock.job_serializer = packed
    await queued(stock, "speaks", _job_id="j-1")
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    logs.configure(Settings(log="json"))
    speaking = named("speaks", speaks)
    await burst(stock, [speaking], job_serializer=codec.pack, job_deserializer=codec.unpack)
    [line] = [line for line in capsys.readouterr().err.splitlines() if "here I am" in line]
    told = {"job_id": "j-1", "job_type": "speaks", "queue": "arq:queue", "attempt": 1, "correlation_id": "c-1"}
    assert told.items() <= json.loads(line).items()


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
