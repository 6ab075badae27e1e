"""retry.lua, defer.lua, release.lua: three ways back into the queue, and which of them costs an attempt."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from arqlight_core.jobs import Lease, State
from tests.store.line import FAR, LEASE, Line, failed


async def attempts_after(line: Line, settle: Callable[[Lease], Awaitable[bool]]) -> list[int]:
    """The attempt numbers of a job that is put back so, three times in a row."""
    await line.put("a")
    numbers: list[int] = []
    for _ in range(3):
        [job] = (await line.claim()).jobs
        numbers.append(job.attempt)
        assert await settle(job.lease)
    return numbers


async def test_a_failed_attempt_counts(line: Line):
    assert await attempts_after(line, lambda lease: line.retry(lease, delay_ms=0)) == [1, 2, 3]


async def test_a_deferral_costs_no_attempt(line: Line):
    assert await attempts_after(line, lambda lease: line.defer(lease, delay_ms=0)) == [1, 1, 1]


async def test_a_release_costs_no_attempt(line: Line):
    assert await attempts_after(line, line.release) == [1, 1, 1]


async def test_a_retrying_job_runs_again_after_its_delay_and_not_before(line: Line):
    before = await line.store.time_ms()
    assert await line.retry(await line.running("a"), delay_ms=30)
    due = await line.score("a")
    assert due is not None
    assert due >= before + 30
    assert due == await line.score("a", "retrying")
    assert await line.claimed() == []
    await line.passed(int(due))
    assert await line.state("a") is State.WAITING
    assert await line.claimed() == ["a"]
    assert await line.score("a", "retrying") is None


async def test_a_retry_keeps_the_failure_and_says_why_the_job_waits(line: Line):
    await line.retry(await line.running("a"), failure=failed("first"), error="Boom: no")
    record = await line.record("a")
    assert await line.raw.lrange("arqlight:attempts:a", 0, -1) == [failed("first")]
    assert (record["error"], record["by"]) == (b"Boom: no", b"retry policy")
    assert record["because"] == b"retrying after a failed attempt"
    assert int(record["until"]) == await line.score("a")


async def test_only_the_last_fifty_failures_are_kept(line: Line):
    await line.put("a")
    for n in range(52):
        await line.retry(await line.lease(), delay_ms=0, failure=str(n).encode())
    kept = await line.raw.lrange("arqlight:attempts:a", 0, -1)
    assert (len(kept), kept[0], kept[-1]) == (50, b"2", b"51")


async def test_a_deferral_says_because_of_what_by_whom_and_until_when(line: Line):
    await line.defer(await line.running("a"))
    record = await line.record("a")
    assert (record["because"], record["by"]) == (b"rate limit", b"limiter")
    assert int(record["until"]) == await line.score("a") == await line.score("a", "scheduled")
    assert await line.state("a") is State.SCHEDULED
    assert await line.raw.exists("arqlight:attempts:a") == 0


async def test_a_released_job_keeps_its_place_in_the_line(line: Line):
    await line.put("a", "b")
    [job] = (await line.claim(limit=1)).jobs
    await line.release(job.lease)
    assert await line.score("a") == job.due_ms
    assert await line.claimed() == ["a", "b"]


@pytest.mark.parametrize("name", ["retry", "defer", "release"])
async def test_what_is_put_back_is_nobodys_and_told(line: Line, name: str):
    settle: Any = getattr(line, name)
    assert await settle(await line.running("a"))
    assert await line.raw.exists("arq:in-progress:a") == 0
    assert await line.score("a", "active") is None
    assert [event["job"] for event in await line.events(name)] == ["a"]
    assert (await line.totals())[{"retry": "retried", "defer": "deferred", "release": "released"}[name]] == 1


@pytest.mark.parametrize("name", ["retry", "defer"])
async def test_a_stock_payload_does_not_expire_while_its_job_waits_for_another_run(line: Line, name: str):
    settle: Any = getattr(line, name)
    lease = await line.running("a")
    await line.raw.pexpire("arq:job:a", 1_000)
    await settle(lease)
    assert await line.raw.ttl("arq:job:a") == -1


@pytest.mark.parametrize("name", ["retry", "defer"])
async def test_attempts_are_remembered_for_longer_than_the_delay(line: Line, name: str):
    settle: Any = getattr(line, name)
    week = 7 * 24 * 3_600_000
    await line.retry(await line.running("a"), delay_ms=0)
    await settle(await line.lease(), delay_ms=week)
    assert await line.raw.pttl("arq:retry:a") > week


@pytest.mark.parametrize("name", ["retry", "defer", "release"])
async def test_what_is_put_back_wakes_a_worker(line: Line, name: str):
    settle: Any = getattr(line, name)
    lease = await line.running("a")
    async with line.store.wakes([line.queue]) as woken:
        await settle(lease)
        assert await anext(woken) == line.queue.name


async def test_a_deferral_of_one_job_leaves_the_others_alone(line: Line):
    first, second = await line.running("a"), await line.running("b")
    until = await line.score("b", "active")
    await line.defer(first)
    assert await line.score("b", "active") == until
    assert await line.renew(second, lease_ms=LEASE) == []
    assert await line.score("a") != FAR
