"""finish.lua: a job is completed once, by whom it is leased to."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import Lease, State
from arqlight_core.store import scripts
from arqlight_core.store.scripts import FinishedJob
from arqlight_fleet.exchange import Exchange
from arqlight_fleet.served import ServedQueue
from tests.store.line import FAR, Line, lease_of


async def test_a_completed_job_leaves_the_queue_and_everything_of_its_run(line: Line):
    lease = await line.running("a")
    assert await line.finish(lease) == [True]
    assert await line.raw.exists("arq:job:a", "arq:in-progress:a", "arq:retry:a", "arq:result:a") == 0
    assert await line.score("a") is None
    assert await line.score("a", "active") is None
    assert await line.score("a", "completed") is not None
    assert await line.state("a") is State.COMPLETED


@pytest.mark.parametrize(("ttl_ms", "low", "high"), [(FAR, FAR - 5_000, FAR), (-1, -1, -1), (0, -2, -2)])
async def test_a_result_is_kept_for_as_long_as_asked(line: Line, ttl_ms: int, low: int, high: int):
    await line.finish(await line.running("a"), result=b"42", ttl_ms=ttl_ms)
    assert low <= await line.raw.pttl("arq:result:a") <= high
    assert await line.raw.get("arq:result:a") == (b"42" if ttl_ms else None)


async def test_a_batch_is_answered_job_by_job(line: Line):
    first, second = await line.running("a"), await line.running("b")
    lost = Lease(second.job_id, b"w1:999:1", 999)
    assert await line.finish(first, lost) == [True, False]
    assert [await line.state(one) for one in "ab"] == [State.COMPLETED, State.ACTIVE]


async def test_a_repeated_batch_is_answered_as_before(line: Line):
    first, second = await line.running("a"), await line.running("b")
    lost = Lease(second.job_id, b"w1:999:1", 999)
    assert await line.finish(first, lost, result=b"42", ttl_ms=-1, seq=3) == [True, False]
    before, totals = await line.picture(), await line.totals()
    assert await line.finish(first, lost, result=b"42", ttl_ms=-1, seq=3) == [True, False]
    assert await line.picture() == before
    assert await line.totals() == totals


async def test_a_repeated_batch_does_not_end_the_next_life_of_an_id(line: Line):
    lease = await line.running("a")
    await line.finish(lease, seq=3)
    await line.put("a")
    assert await line.finish(lease, seq=3) == [True]
    assert await line.state("a") is State.WAITING


async def test_one_claim_is_finished_once(line: Line):
    lease = await line.running("a")
    assert await line.finish(lease) == [True]
    assert await line.finish(lease) == [False]
    assert (await line.totals())["completed"] == 1


async def test_another_workers_seq_is_not_mine(line: Line):
    lease, other = await line.running("a"), await line.running("b", "w2")
    await line.finish(lease, seq=3)
    assert await line.run(scripts.finish(line.queue, "w2", 3, [FinishedJob(other, b"", 0, 1)])) == [True]
    assert await line.state("b") is State.COMPLETED


async def test_a_job_that_never_was_cannot_be_finished(line: Line):
    before = await line.picture()
    assert await line.finish(lease_of("nothing"), result=b"made up", ttl_ms=-1) == [False]
    assert await line.picture() == before


async def test_completions_are_counted_and_their_runs_measured(line: Line):
    leases = [await line.running(one) for one in "abc"]
    jobs = [FinishedJob(lease, b"", 0, run_ms) for lease, run_ms in zip(leases, (0, 7, 2_000_000), strict=True)]
    await line.run(scripts.finish(line.queue, "w1", 1, jobs))
    minute = (await line.store.time_ms()) // 60_000
    bins = await line.raw.hgetall(f"{line.queue.prefix}minute:{minute}")
    assert (await line.totals())["completed"] == 3
    assert {k: v for k, v in bins.items() if k.startswith(b"r")} == {b"r1": b"1", b"r4": b"1", b"r20": b"1"}


async def test_a_completed_job_still_tells_how_many_workers_went_down_with_it(line: Line):
    await line.lapse(await line.running("a", "w1"))
    [job] = (await line.claim("w2")).jobs
    await line.finish(job.lease, ttl_ms=FAR)
    assert (await observe.job(line.store, "a")).lapses == 1


async def test_thousands_that_ended_while_the_server_was_away_are_all_completed(line: Line):
    served, exchange, accepted = ServedQueue(line.queue, 3_000), Exchange(line.store, "w1", 5.0), list[bool]()
    for chunk in range(6):
        await line.put(*(f"{chunk}-{n}" for n in range(500)))
        for job in (await line.claim(limit=500)).jobs:
            exchange.finish(served, FinishedJob(job.lease, b"", 0, 5), accepted.append)
    while exchange.pending:
        await exchange.turn([])
    assert accepted == [True] * 3_000
    assert (await line.totals())["completed"] == 3_000
