"""bury.lua: an end for good keeps everything that is needed to understand it, and to undo it."""

import pytest

from arqlight_core.jobs import State
from arqlight_core.store.scripts import Burial
from tests.store.line import FAR, PAYLOAD, Line, cancelled, dead, failed


async def test_a_dead_job_keeps_its_payload_its_failure_and_the_reason(line: Line):
    assert await line.bury(await line.running("a"), dead("failed 3 of 3 attempts", failure=failed("last")))
    record = await line.record("a")
    assert (record["payload"], record["reason"]) == (PAYLOAD, b"failed 3 of 3 attempts")
    assert record["error"] == b"Broken: it broke"
    assert await line.raw.lrange("arqlight:attempts:a", 0, -1) == [failed("last")]
    assert await line.state("a") is State.DEAD


async def test_a_cancelled_job_is_among_the_cancelled(line: Line):
    assert await line.bury(await line.running("a"), cancelled("no longer wanted"))
    assert (await line.record("a"))["reason"] == b"no longer wanted"
    assert await line.state("a") is State.CANCELLED
    assert await line.score("a", "dead") is None


async def test_an_ended_job_leaves_the_queue_and_everything_of_its_run(line: Line):
    await line.ended("a", dead())
    assert await line.raw.exists("arq:job:a", "arq:in-progress:a", "arq:retry:a") == 0
    assert await line.score("a") is None
    assert await line.score("a", "active") is None
    assert await line.claimed() == []


async def test_when_it_ended_is_the_same_everywhere(line: Line):
    await line.ended("a", dead())
    assert int((await line.record("a"))["ended"]) == await line.score("a", "dead")


async def test_an_ended_job_is_no_longer_put_off(line: Line):
    await line.retry(await line.running("a"), delay_ms=0)
    await line.bury(await line.lease(), dead())
    assert (await line.record("a")).keys().isdisjoint({"because", "by", "until"})


@pytest.mark.parametrize(("ttl_ms", "low", "high"), [(FAR, FAR - 5_000, FAR), (-1, -1, -1), (0, -2, -2)])
async def test_stock_handles_find_its_result_for_as_long_as_asked(line: Line, ttl_ms: int, low: int, high: int):
    await line.ended("a", dead(ttl_ms=ttl_ms))
    assert low <= await line.raw.pttl("arq:result:a") <= high


@pytest.mark.parametrize(("end", "kind"), [(dead(), "dead"), (cancelled(), "cancelled")])
async def test_an_end_is_counted_and_told_with_its_reason(line: Line, end: Burial, kind: str):
    await line.ended("a", end)
    [event] = await line.events(kind)
    assert (event["job"], event["reason"], event["error"]) == ("a", end.reason, end.error)
    assert (await line.totals())[kind] == 1


async def test_a_job_whose_payload_had_expired_is_buried_without_one(line: Line):
    lease = await line.running("a")
    await line.raw.delete("arq:job:a")
    assert await line.bury(lease, dead("its payload expired"))
    assert "payload" not in await line.record("a")
    assert await line.state("a") is State.DEAD
