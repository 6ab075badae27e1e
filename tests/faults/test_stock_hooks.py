"""A fleet worker runs every hook of arq's, in its place, with arq's context, and survives those that raise."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus

from tests.faults.fleet import until
from tests.faults.stock import Context, burst, named, noop, queue_many, serving

pytestmark = pytest.mark.fault


async def test_every_hook_runs_in_its_place_with_the_context(stock: ArqRedis) -> None:
    told: list[tuple[str, bool]] = []

    def hook(name: str) -> Any:
        async def run(ctx: Context) -> None:
            told.append((name, "job_id" in ctx))

        return run

    names = ("on_startup", "on_job_start", "on_job_end", "after_job_end", "on_shutdown")
    await queue_many(stock, 1)
    await burst(stock, [noop], **{name: hook(name) for name in names})
    assert told == [(name, name not in ("on_startup", "on_shutdown")) for name in names]


async def test_the_result_is_there_when_after_job_end_runs(stock: ArqRedis) -> None:
    seen: list[JobStatus] = []

    async def after(ctx: Context) -> None:
        seen.append(await Job(ctx["job_id"], ctx["redis"]).status())

    await queue_many(stock, 2)
    await burst(stock, [noop], after_job_end=after)
    assert seen == [JobStatus.complete, JobStatus.complete]


async def test_a_burst_and_a_drain_wait_for_after_job_end(stock: ArqRedis) -> None:
    ended: list[str] = []

    async def after(ctx: Context) -> None:
        await asyncio.sleep(0.2)
        ended.append(ctx["job_id"])

    await queue_many(stock, 2)
    await burst(stock, [noop], after_job_end=after, max_burst_jobs=1)
    assert ended == ["job-0"]
    async with serving(stock, [noop], after_job_end=after) as worker:
        await until(lambda: worker.jobs_complete == 1)
    assert ended == ["job-0", "job-1"]


@pytest.mark.parametrize("hook", ["on_job_start", "on_job_end", "after_job_end"])
async def test_a_hook_that_raises_does_not_end_the_worker(stock: ArqRedis, hook: str) -> None:
    calls = 0

    async def breaks(_: Context) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("the hook broke")

    first, second = await queue_many(stock, 2)
    async with serving(stock, [noop], max_jobs=1, **{hook: breaks}):
        assert await second.result(timeout=10, poll_delay=0.05) == 0
        await until(lambda: calls == 2)
    failed = await first.result_info()
    assert failed is not None
    assert failed.success == (hook == "after_job_end")


async def test_the_context_holds_what_arq_documents(stock: ArqRedis) -> None:
    contexts: list[Context] = []

    async def looks(ctx: Context) -> None:
        contexts.append(ctx)

    await stock.enqueue_job("looks", _job_id="j")
    await burst(stock, [named("looks", looks)], ctx={"mine": 1})
    [ctx] = contexts
    assert (ctx["job_id"], ctx["job_try"], ctx["mine"]) == ("j", 1, 1)
    assert isinstance(ctx["enqueue_time"], datetime)
    assert isinstance(ctx["redis"], ArqRedis)
    assert ctx["score"] == int(ctx["enqueue_time"].timestamp() * 1000)


async def test_a_job_can_enqueue_another_through_its_context(stock: ArqRedis) -> None:
    async def parent(ctx: Context) -> str:
        job = await ctx["redis"].enqueue_job("noop", 5)
        return job.job_id

    job = await stock.enqueue_job("parent")
    await burst(stock, [noop, named("parent", parent)])
    assert job is not None
    assert await Job(await job.result(), stock).result() == 5
