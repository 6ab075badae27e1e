"""cancel: what does not run ends at once as if a worker had cancelled it, what runs is marked to be stopped."""

import asyncio
from dataclasses import dataclass

import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.codec import decode_result
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection, cancel, retry
from tests.store.line import FAR, PAYLOAD, QUEUE, Line
from tests.store.states import brought

NAME = QUEUE.name
QUEUED = pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD])


async def cancelled(line: Line, *ids: str) -> Report:
    return await cancel(line.store, Selection(NAME, ids=ids), actor="ada", reason="a mistake")


@QUEUED
async def test_a_cancelled_job_is_kept_with_who_why_and_its_payload(line: Line, state: State):
    await brought(line, state)
    await cancelled(line, "a")
    view = await observe.job(line.store, "a")
    assert (view.state, view.reason, view.because) == (State.CANCELLED, "cancelled by ada: a mistake", "")
    assert view.payload == {"args": [{"n": 1}], "kwargs": {}}
    assert await line.raw.exists("arq:job:a", "arq:retry:a", "arq:in-progress:a") == 0
    assert await line.claimed() == []


@QUEUED
async def test_a_cancelled_job_can_be_retried(line: Line, state: State):
    await brought(line, state)
    await cancelled(line, "a")
    await retry(line.store, Selection(NAME, ids=("a",)), actor="ada")
    [job] = (await line.claim()).jobs
    assert (job.lease.job_id, job.payload, job.attempt) == ("a", PAYLOAD, 1)


@dataclass
class Thing:
    """An argument that only its producer can build."""

    n: int


@pytest.mark.parametrize("argument", [1, Thing(1)], ids=["plain", "an object"])
async def test_a_stock_handle_is_told_that_its_job_was_cancelled(line: Line, stock: ArqRedis, argument: object):
    job = await stock.enqueue_job("work", argument, _defer_by=600)
    assert job
    await cancelled(line, job.job_id)
    with pytest.raises(asyncio.CancelledError):
        await job.result(timeout=1)
    assert 0 < await line.raw.pttl(f"arq:result:{job.job_id}") <= 3_600_000


async def test_the_result_of_our_own_job_is_kept_as_long_as_its_queue_keeps_dead_ones(line: Line):
    told = {"wire": QUEUE.wire, "retention": {"dead": {"count": 5, "age": 90.0}}}
    await line.store.publish_queues({NAME: told})
    await line.put("a")
    await cancelled(line, "a")
    result = decode_result(await line.raw.get("arq:result:a"))
    assert (result.success, result.job.function) == (False, "work")
    assert 80_000 < await line.raw.pttl("arq:result:a") <= 90_000


async def test_a_payload_that_nobody_can_read_leaves_no_result(line: Line):
    await line.put("a", payload=b"\xff hostile")
    assert (await cancelled(line, "a")).changed == 1
    assert await line.raw.exists("arq:result:a") == 0


async def test_a_running_job_is_marked_and_goes_on_until_its_worker_stops_it(line: Line):
    lease = await line.running("a")
    report = await cancelled(line, "a")
    assert (report.changed, report.skipped) == (1, {})
    assert "1 of them running, and asked to stop" in report.summary
    assert await line.raw.zscore("arq:abort", "a") == pytest.approx(await line.store.time_ms(), abs=5_000)
    assert await line.state("a") is State.ACTIVE
    assert await line.finish(lease) == [True]


async def test_both_kinds_are_counted_and_only_what_ended_counts_as_cancelled(line: Line):
    await line.running("a")
    await line.put("b", "c")
    assert (await cancelled(line, "a", "b", "c")).changed == 3
    assert (await line.totals())["cancelled"] == 2


async def test_whoever_retries_a_job_wants_it_run_whatever_mark_is_left_of_it(line: Line):
    lease = await line.running("a")
    await cancelled(line, "a")
    await line.retry(lease, delay_ms=FAR)
    await retry(line.store, Selection(NAME, ids=("a",)), actor="ada")
    assert await line.raw.zscore("arq:abort", "a") is None


async def test_a_worker_whose_lease_had_lapsed_writes_nothing_over_a_cancelled_job(line: Line):
    lease = await line.running("a")
    await line.lapse(lease)
    await cancelled(line, "a")
    assert await line.finish(lease, result=b"late", ttl_ms=FAR) == [False]
    assert await line.state("a") is State.CANCELLED


async def test_all_of_a_state_can_be_cancelled(line: Line):
    await line.put("a", "b")
    await line.put("later", delay_ms=FAR)
    report = await cancel(line.store, Selection(NAME, State.WAITING, everything=True), actor="ada")
    assert report.changed == 2
    assert await line.state("later") is State.SCHEDULED
    with pytest.raises(UsageError, match="cannot take this"):
        await cancel(line.store, Selection(NAME, State.DEAD, everything=True), actor="ada")
