"""Stock arq beside us: its producers' jobs run, its handles read what we write, its workers' jobs stay theirs."""

import asyncio
import pickle
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus, serialize_result

from arqlight_core import observe
from arqlight_core.jobs import State
from tests.store.line import FAR, Line, dead


async def enqueued(stock: ArqRedis, job_id: str = "a", **options: Any) -> Job:
    job = await stock.enqueue_job("work", 1, name="x", _job_id=job_id, **options)
    assert job is not None
    return job


def kept(result: Any, *, success: bool = True) -> bytes:
    """A result as a stock handle reads it."""
    data = serialize_result("work", (), {}, 1, 1, success, result, 1, 2, "ref", "queue", "a")
    assert data is not None
    return data


async def test_a_stock_job_can_be_claimed_with_its_pickle(line: Line, stock: ArqRedis):
    await enqueued(stock)
    await line.passed(await line.store.time_ms())
    [job] = (await line.claim()).jobs
    fields = pickle.loads(job.payload)  # noqa: S301 - pickled by this test
    assert (fields["f"], fields["a"], fields["k"]) == ("work", (1,), {"name": "x"})
    assert (await observe.job(line.store, "a")).payload == {"args": [1], "kwargs": {"name": "x"}}


async def test_a_handle_follows_a_job_from_deferred_to_complete(line: Line, stock: ArqRedis):
    job = await enqueued(stock, _defer_by=0.05)
    seen = [await job.status()]
    await line.passed(int(await line.score("a") or 0))
    seen.append(await job.status())
    lease = await line.lease()
    seen.append(await job.status())
    await line.finish(lease, result=kept(42), ttl_ms=FAR)
    seen.append(await job.status())
    assert seen == [JobStatus.deferred, JobStatus.queued, JobStatus.in_progress, JobStatus.complete]
    assert await job.result(timeout=1) == 42


async def test_a_handle_sees_a_retrying_job_as_deferred_and_a_released_one_as_queued(line: Line, stock: ArqRedis):
    job = await enqueued(stock)
    await line.passed(await line.store.time_ms())
    await line.release(await line.lease())
    assert await job.status() is JobStatus.queued
    await line.retry(await line.lease())
    assert await job.status() is JobStatus.deferred


async def test_a_handle_waits_for_a_running_job_instead_of_giving_up(line: Line, stock: ArqRedis):
    await enqueued(stock)
    await line.passed(await line.store.time_ms())
    await line.lease()
    with pytest.raises(asyncio.TimeoutError):
        await Job("a", stock, line.queue.wire).result(timeout=0.01, poll_delay=0.005)


async def test_a_handle_is_raised_what_a_dead_job_died_of(line: Line, stock: ArqRedis):
    job = await enqueued(stock)
    await line.passed(await line.store.time_ms())
    end = dead(ttl_ms=FAR)
    burial = end.__class__("dead", "r", b"", "e", kept(ValueError("no"), success=False), FAR)
    await line.bury(await line.lease(), burial)
    with pytest.raises(ValueError, match="no"):
        await job.result(timeout=1)


async def test_a_job_that_a_stock_worker_runs_is_not_taken_and_blocks_nobody(line: Line, stock: ArqRedis):
    for n in range(12):
        await enqueued(stock, f"stock{n}")
        await stock.set(f"arq:in-progress:stock{n}", b"1", px=FAR)
    await line.passed(await line.store.time_ms())
    await line.put("a")
    taken = [one for _ in range(4) for one in await line.claimed(limit=4)]
    assert taken == ["a"]
    assert await stock.get("arq:in-progress:stock0") == b"1"


async def test_the_job_of_a_stock_worker_that_died_is_taken_once_its_lock_is_gone(line: Line, stock: ArqRedis):
    await enqueued(stock)
    await stock.set("arq:in-progress:a", b"1", px=FAR)
    await line.passed(await line.store.time_ms())
    first = await line.claim(lease_ms=1)
    await stock.delete("arq:in-progress:a")
    await line.passed(first.now_ms + 1)
    assert await line.claimed() == ["a"]


async def test_an_abort_of_a_running_job_does_not_run_it_twice(line: Line, stock: ArqRedis):
    job = await enqueued(stock)
    await line.passed(await line.store.time_ms())
    lease = await line.lease()
    with pytest.raises(asyncio.TimeoutError):
        await job.abort(timeout=0, poll_delay=0.001)
    assert await line.score("a") == 1
    assert await line.claimed("w2") == []
    assert await line.score("a") == await line.score("a", "active")
    assert await line.finish(lease) == [True]


async def test_an_abort_of_a_deferred_job_makes_it_due(line: Line, stock: ArqRedis):
    job = await enqueued(stock, _defer_by=600)
    with pytest.raises(asyncio.TimeoutError):
        await job.abort(timeout=0, poll_delay=0.001)
    assert await line.claimed() == ["a"]


async def test_a_stock_producer_cannot_queue_what_we_run_or_keep(line: Line, stock: ArqRedis):
    lease = await line.running("a")
    assert await stock.enqueue_job("work", _job_id="a") is None
    await line.finish(lease, result=kept(1), ttl_ms=FAR)
    assert await stock.enqueue_job("work", _job_id="a") is None
    assert await line.state("a") is State.COMPLETED


async def test_a_stock_job_whose_payload_expired_is_seen_to_have_none(line: Line, stock: ArqRedis):
    await enqueued(stock, _expires=0.001)
    await line.passed(await line.store.time_ms() + 2)
    [job] = (await line.claim()).jobs
    assert job.payload == b""
