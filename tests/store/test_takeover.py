"""A worker that stops renewing loses its jobs to the next claim; a crash is a lapse and no attempt."""

import pytest

from arqlight_core.jobs import State
from tests.store.line import Line


async def test_a_job_whose_lease_has_lapsed_waits_again(line: Line):
    await line.lapse(await line.running("a"))
    assert await line.state("a") is State.WAITING


async def test_a_takeover_counts_a_lapse_and_no_attempt(line: Line):
    await line.lapse(await line.running("a", "w1"))
    answer = await line.claim("w2")
    assert [(job.lease.job_id, job.attempt) for job in answer.jobs] == [("a", 1)]
    assert [job.lapses for job in answer.jobs] == [1]
    assert (await line.totals())["lapsed"] == 1
    assert [event["job"] for event in await line.events("lapse")] == ["a"]
    assert [event["by"] for event in await line.events("lapse")] == ["w2"]


async def test_every_worker_that_goes_down_with_a_job_is_counted(line: Line):
    lease = await line.running("a", "w1")
    for crash in (1, 2, 3):
        await line.lapse(lease)
        answer = await line.claim(f"w{crash + 1}")
        assert [job.lapses for job in answer.jobs] == [crash]
        lease = answer.jobs[0].lease


async def test_the_next_attempt_after_a_takeover_is_the_second(line: Line):
    await line.lapse(await line.running("a", "w1"))
    await line.retry(await line.lease("w2"), delay_ms=0)
    answer = await line.claim("w3")
    assert [job.attempt for job in answer.jobs] == [2]
    assert [job.lapses for job in answer.jobs] == [0]


@pytest.mark.parametrize(("state", "counted"), [(State.SCHEDULED, 0), (State.HELD, 1)])
async def test_a_run_that_put_the_job_off_by_itself_lived_and_one_that_was_held_never_began(
    line: Line, state: State, counted: int
):
    await line.lapse(await line.running("a", "w1"))
    assert await line.defer(await line.lease("w2"), 0, state)
    answer = await line.claim("w3")
    assert [job.lapses for job in answer.jobs] == [counted]


async def test_a_takeover_has_a_higher_fence(line: Line):
    first = await line.running("a", "w1")
    await line.lapse(first)
    assert (await line.lease("w2")).fence > first.fence


async def test_a_late_finish_is_accepted_while_nobody_took_the_job_over(line: Line):
    lease = await line.running("a")
    await line.lapse(lease)
    assert await line.finish(lease) == [True]
    assert await line.claimed("w2") == []
    assert await line.state("a") is State.COMPLETED


async def test_an_owner_that_comes_back_in_time_keeps_its_job(line: Line):
    lease = await line.running("a")
    await line.lapse(lease)
    assert await line.renew(lease) == []
    assert await line.claimed("w2") == []
    assert await line.state("a") is State.ACTIVE


async def test_a_claim_repeated_after_its_lease_is_a_takeover(line: Line):
    await line.put("a")
    first = await line.claim(lease_ms=1, seq=7)
    await line.passed(first.now_ms + 1)
    again = await line.claim(seq=7)
    assert [job.lapses for job in again.jobs] == [1]
    assert again.jobs[0].lease.fence > first.jobs[0].lease.fence


async def test_a_job_without_any_lock_left_is_taken_over(line: Line):
    await line.lapse(await line.running("a"))
    await line.raw.delete("arq:in-progress:a")
    answer = await line.claim("w2")
    assert [job.lapses for job in answer.jobs] == [1]


async def test_a_lapsed_job_that_a_stock_worker_took_is_left_to_it(line: Line):
    await line.lapse(await line.running("a"))
    await line.raw.set("arq:in-progress:a", b"1", px=60_000)
    assert await line.claimed("w2") == []
    assert await line.raw.get("arq:in-progress:a") == b"1"
    assert (await line.totals()).get("lapsed", 0) == 0
