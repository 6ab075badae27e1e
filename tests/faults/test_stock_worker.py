"""A fleet worker takes arq's own arguments: burst mode, max_jobs, cron, serializers."""

import asyncio
import json
from typing import Any

import pytest
from arq import cron
from arq.connections import ArqRedis

from arqlight_core.clock import monotonic
from tests.faults.fleet import until
from tests.faults.stock import Context, burst, named, noop, queue_many, serving

pytestmark = pytest.mark.fault


async def test_burst_mode_ends_when_nothing_is_left_and_waits_for_what_is_deferred(stock: ArqRedis) -> None:
    await queue_many(stock, 20)
    await stock.enqueue_job("noop", _defer_by=0.5)
    began = monotonic()
    worker = await burst(stock, [noop], max_jobs=3)
    assert worker.jobs_complete == 21
    assert monotonic() - began >= 0.45


@pytest.mark.parametrize("most", [0, 1, 7])
async def test_max_burst_jobs_is_the_most_that_a_burst_starts(stock: ArqRedis, most: int) -> None:
    await queue_many(stock, 10)
    worker = await burst(stock, [noop], max_burst_jobs=most)
    assert worker.jobs_complete == most
    assert await stock.zcard(stock.default_queue_name) == 10 - most


async def test_max_jobs_is_the_most_that_run_at_once(stock: ArqRedis) -> None:
    running, most = 0, 0

    async def counts(_: Context) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    await queue_many(stock, 30, "counts")
    await burst(stock, [named("counts", counts)], max_jobs=4)
    assert most == 4


async def test_a_cron_job_runs_once_however_many_workers_there_are(stock: ArqRedis) -> None:
    runs: list[str] = []

    async def tick(ctx: Context) -> None:
        runs.append(ctx["job_id"])

    def jobs() -> list[Any]:
        return [cron(tick, name="tick", second=set(range(60)))]

    async with serving(stock, cron_jobs=jobs()), serving(stock, cron_jobs=jobs()):
        await until(lambda: len(runs) >= 3)
    assert len(runs) == len(set(runs))


async def test_own_serializers_are_used_for_jobs_and_results(stock: ArqRedis) -> None:
    stock.job_serializer, stock.job_deserializer = _dumps, json.loads
    job = await stock.enqueue_job("noop", 3)
    assert job is not None
    await burst(stock, [noop], job_serializer=_dumps, job_deserializer=json.loads)
    assert await job.result() == 3
    assert json.loads(await stock.get(f"arq:result:{job.job_id}"))["r"] == 3


def _dumps(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


async def test_a_result_that_cannot_be_serialized_fails_the_job_and_not_the_worker(stock: ArqRedis) -> None:
    async def opens(_: Context) -> Any:
        return asyncio.Lock().__class__.__new__, lambda: None

    job = await stock.enqueue_job("opens")
    assert job is not None
    await burst(stock, [named("opens", opens)])
    info = await job.result_info()
    assert info is not None
    assert (info.success, info.result) == (False, "unable to serialize result")
