"""revive.lua: an ended or retrying job runs again now, as if it had never been tried, and its history stays."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.policy import Priority
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Burial, NewJob
from tests.store.line import FAR, PAYLOAD, Line, acted, cancelled, dead, failed

ENDS = pytest.mark.parametrize("end", [dead(), cancelled()], ids=lambda end: end.state)


@ENDS
async def test_an_ended_job_runs_again_with_its_payload(line: Line, end: Burial):
    await line.ended("a", end)
    assert await line.revive("a") == acted(1)
    assert await line.state("a") is State.WAITING
    assert await line.score("a", end.state) is None
    [job] = (await line.claim()).jobs
    assert (job.payload, job.attempt) == (PAYLOAD, 1)


async def test_a_revived_job_has_all_its_attempts_before_it(line: Line):
    await line.retry(await line.running("a"), delay_ms=0)
    await line.bury(await line.lease(), dead())
    await line.revive("a")
    [job] = (await line.claim()).jobs
    assert job.attempt == 1


async def test_a_retrying_job_is_due_now_with_all_its_attempts_before_it(line: Line):
    await line.retry(await line.running("a"), delay_ms=FAR)
    assert await line.revive("a") == acted(1)
    assert await line.state("a") is State.WAITING
    assert await line.score("a", "retrying") is None
    assert (await line.record("a")).keys().isdisjoint({"because", "by", "until"})
    [job] = (await line.claim()).jobs
    assert job.attempt == 1


async def test_a_revived_job_keeps_the_history_of_its_failures(line: Line):
    await line.ended("a", dead(failure=failed("once")))
    await line.revive("a")
    assert [failure.message for failure in (await observe.job(line.store, "a")).failures] == ["once"]


async def test_nothing_of_its_end_stays_with_a_revived_job(line: Line):
    lease = await line.running("a")
    await line.progress(lease)
    await line.bury(lease, dead(ttl_ms=-1))
    await line.revive("a")
    left = await line.record("a")
    assert left.keys().isdisjoint({"payload", "ended", "reason", "lapses", "done", "total", "stage", "progressed"})
    assert await line.raw.exists("arq:result:a") == 0


async def test_a_poisonous_job_gets_a_clean_sheet(line: Line):
    await line.lapse(await line.running("a", "w1"))
    await line.bury(await line.lease("w2"), dead("poison"))
    await line.revive("a")
    await line.lapse(await line.lease("w3"))
    assert [job.lapses for job in (await line.claim("w4")).jobs] == [1]


async def test_what_cannot_be_retried_is_left_alone(line: Line):
    await line.put("waiting", "active", "completed")
    await line.raw.zadd(line.queue.wire, {"active": 1, "completed": 2})
    _, completed = (await line.claim(limit=2)).jobs
    await line.finish(completed.lease)
    await line.put("scheduled", delay_ms=FAR)
    before = await line.picture()
    told = acted(0, it_is_waiting=1, it_is_active=1, it_is_completed=1, it_is_scheduled=1, no_such_job=1)
    assert await line.revive("waiting", "active", "completed", "scheduled", "never") == told
    assert await line.picture() == before
    assert "revived" not in await line.totals()


async def test_only_the_states_that_are_meant_are_revived(line: Line):
    await line.ended("a", dead())
    await line.ended("b", cancelled())
    assert await line.revive("a", "b", states="cancelled") == acted(1, it_is_dead=1)
    assert [await line.state(one) for one in "ab"] == [State.DEAD, State.WAITING]


async def test_a_job_whose_payload_is_gone_stays_dead(line: Line):
    await line.ended("a", dead())
    await line.raw.hdel("arqlight:job:a", "payload")
    assert await line.revive("a") == acted(0, its_payload_is_gone=1)
    assert await line.state("a") is State.DEAD


async def test_a_dead_id_that_a_stock_producer_queued_anew_is_not_overwritten(line: Line):
    await line.ended("a", dead())
    await line.raw.set("arq:job:a", b"the next life")
    await line.raw.zadd(line.queue.wire, {"a": 1})
    assert await line.revive("a") == acted(0, it_is_waiting=1)
    assert await line.raw.get("arq:job:a") == b"the next life"


async def test_the_payload_of_a_dead_id_that_is_just_being_queued_anew_is_not_overwritten(line: Line):
    await line.ended("a", dead())
    await line.raw.set("arq:job:a", b"the next life")
    assert await line.revive("a") == acted(0, its_id_is_in_use_again=1)
    assert await line.raw.get("arq:job:a") == b"the next life"


async def test_a_revival_is_counted_with_what_it_left_alone(line: Line):
    await line.ended("a", dead())
    await line.ended("b", cancelled())
    assert await line.revive("a", "never", "b") == acted(2, no_such_job=1)
    assert (await line.totals())["revived"] == 2


@pytest.mark.parametrize("again", ["retrying", "dead"])
async def test_one_bulk_revives_a_job_once_even_when_it_fails_again_meanwhile(line: Line, again: str):
    await line.ended("a", dead())
    assert await line.revive("a", bulk="bulk") == acted(1)
    lease = await line.lease()
    await (line.retry(lease) if again == "retrying" else line.bury(lease, dead()))
    assert await line.revive("a", bulk="bulk") == acted(0)
    assert await line.state("a") is State(again)
    assert await line.revive("a", bulk="the next") == acted(1)


async def test_a_revival_wakes_a_worker(line: Line):
    await line.ended("a", dead())
    async with line.store.wakes([line.queue]) as woken:
        await line.revive("a")
        assert await anext(woken) == line.queue.name


@pytest.mark.parametrize("lane", [priority.lane for priority in Priority])
@ENDS
async def test_a_revived_job_keeps_its_priority(line: Line, end: Burial, lane: float):
    await line.put("a", lane=lane)
    await line.bury(await line.lease(), end)
    await line.revive("a")
    [job] = (await line.claim()).jobs
    assert job.lane == lane
    assert job.due_ms == pytest.approx(await line.store.time_ms(), abs=5_000)


async def test_a_job_that_an_operator_cancelled_keeps_its_priority(line: Line):
    await line.put("a", lane=0.75)
    await line.run(scripts.call_off(line.queue, await line.step("waiting"), 0, [b""], ["a"]))
    await line.revive("a")
    assert [job.lane for job in (await line.claim()).jobs] == [0.75]


async def keyed(line: Line, job_id: str) -> bool:
    """Whether a job of one unique key was taken."""
    [placed] = await line.run(scripts.enqueue(line.queue, [NewJob(job_id, PAYLOAD, 0, 0.0, "key", FAR, "drop")]))
    return placed.new


async def test_a_job_whose_unique_key_another_has_taken_stays_dead(line: Line):
    assert await keyed(line, "a")
    await line.bury(await line.lease(), dead())
    assert await keyed(line, "b")
    assert await line.revive("a") == acted(0, another_job_has_its_unique_key=1)
    assert await line.state("a") is State.DEAD


async def test_a_revived_job_has_its_unique_key_again(line: Line):
    assert await keyed(line, "a")
    await line.bury(await line.lease(), dead())
    assert await keyed(line, "b")
    await line.finish(await line.lease())
    assert await line.revive("a") == acted(1)
    assert not await keyed(line, "c")
