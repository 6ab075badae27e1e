"""resume with a ramp: few jobs run at first, twice as many after each tenth of it, and all of them at its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from arqlight_core import observe
from arqlight_core.operations import pause, resume
from arqlight_core.operations.registry import Report
from arqlight_core.store import scripts
from tests.store.line import QUEUE, Line

NAME = QUEUE.name
LONG = timedelta(minutes=10)
LONG_MS = 600_000


async def resumed(line: Line, ramp: timedelta | None = LONG, elapsed: float = 0.0) -> Report:
    """The queue is resumed, and so much of the ramp (0 to 1) is over."""
    await line.put(*(f"job{n}" for n in range(40)))
    await pause(line.store, NAME, actor="ada")
    report = await resume(line.store, NAME, ramp=ramp, actor="ada")
    if elapsed:
        began = await line.store.time_ms() - round(LONG_MS * elapsed)
        await line.raw.set(f"{QUEUE.prefix}ramp", f"{began} {LONG_MS}", px=LONG_MS)
    return report


@pytest.mark.parametrize(("elapsed", "running"), [(0.0, 1), (0.11, 2), (0.21, 4), (0.31, 8), (0.401, 16)])
async def test_twice_as_many_run_after_each_tenth(line: Line, elapsed: float, running: int):
    await resumed(line, elapsed=elapsed)
    assert len((await line.claim(limit=40)).jobs) == running
    claim = await line.claim("w2", limit=40)
    assert (claim.jobs, claim.why) == ((), "ramp")
    assert 0 < claim.next_due_ms <= LONG_MS / 10


async def test_a_job_that_ends_makes_room_and_says_so(line: Line):
    await resumed(line)
    lease = await line.lease()
    assert await line.claimed() == []
    async with line.store.wakes([line.queue]) as woken:
        await line.finish(lease)
        assert await anext(woken) == NAME
    assert len(await line.claimed()) == 1


async def test_the_narrower_of_ramp_and_fleet_concurrency_counts(line: Line):
    await resumed(line, elapsed=0.401)
    assert len((await line.claim(limit=40, fleet_concurrency=3)).jobs) == 3
    assert (await line.claim(limit=40, fleet_concurrency=3)).why == "full"
    assert len((await line.claim(limit=40, fleet_concurrency=100)).jobs) == 13


async def test_a_ramp_ends_by_itself(line: Line):
    await resumed(line, ramp=timedelta(milliseconds=20))
    await line.passed(await line.store.time_ms() + 25)
    assert len((await line.claim(limit=40)).jobs) == 40


async def test_without_a_ramp_all_go_on_at_once(line: Line):
    await resumed(line, ramp=None)
    assert len((await line.claim(limit=40)).jobs) == 40


async def test_a_pause_ends_a_ramp(line: Line):
    await resumed(line)
    await pause(line.store, NAME, actor="ada")
    assert (await line.claim()).why == "paused"
    await resume(line.store, NAME, actor="ada")
    assert len((await line.claim(limit=40)).jobs) == 40


async def test_the_overview_tells_until_when_it_ramps_up(line: Line):
    await resumed(line)
    [view] = (await observe.fleet(line.store)).queues
    assert view.ramp_until_ms == pytest.approx(await line.store.time_ms() + LONG_MS, abs=5_000)
    assert replace(view, workers=1).condition == "ramping"
    await line.raw.delete(f"{QUEUE.prefix}ramp")
    [view] = (await observe.fleet(line.store)).queues
    assert (view.ramp_until_ms, replace(view, workers=1).condition) == (0, "busy")


async def test_a_queue_that_is_not_paused_does_not_ramp_up(line: Line):
    assert not await line.run(scripts.resume(QUEUE, "ada", "", LONG_MS))
    assert await line.raw.exists(f"{QUEUE.prefix}ramp") == 0
