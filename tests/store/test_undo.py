"""undo.lua: what a purge took comes back as it was, unless its id lives again."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store.scripts import Restored
from tests.store.line import FAR, PAYLOAD, Line, cancelled, dead, failed
from tests.store.test_purge import PURGEABLE, make


def restored(picture: dict[str, bytes]) -> dict[str, bytes]:
    """What a purge and its undo must leave as it was; the counter that a claim counts attempts with, by its value."""
    return {name: value for name, value in picture.items() if "trash" not in name}


@PURGEABLE
async def test_an_undo_leaves_everything_as_it_was(line: Line, state: State):
    await make(line, state, "b", "a", "c")
    before = restored(await line.picture())
    await line.purge(state)
    assert await line.undo() == Restored(restored=3, skipped=0, left=0)
    assert restored(await line.picture()) == before
    assert [await line.state(one) for one in "abc"] == [state] * 3


@PURGEABLE
async def test_after_an_undo_nothing_expires(line: Line, state: State):
    await make(line, state, "a")
    await line.purge(state)
    await line.undo()
    names = ("arq:job:a", "arqlight:job:a", "arqlight:attempts:a", "arqlight:log:a")
    assert [name for name in names if await line.raw.pttl(name) > 0] == []


async def test_after_an_undo_a_result_still_expires(line: Line):
    await line.ended("a", dead(ttl_ms=FAR))
    await line.purge(State.DEAD)
    await line.undo()
    assert 0 < await line.raw.pttl("arq:result:a") <= FAR


async def test_a_result_that_is_kept_for_ever_is_so_after_an_undo(line: Line):
    await line.ended("a", dead(ttl_ms=-1))
    await line.purge(State.DEAD)
    await line.undo()
    assert await line.raw.pttl("arq:result:a") == -1


async def test_waiting_jobs_come_back_in_their_order(line: Line):
    await line.put("c", "a", "b")
    await line.raw.zadd(line.queue.wire, {"c": 1, "b": 2, "a": 3})
    await line.purge(State.WAITING)
    await line.undo()
    assert await line.claimed() == ["c", "b", "a"]


async def test_a_retrying_job_comes_back_with_its_attempts_and_failures(line: Line):
    await line.retry(await line.running("a"), delay_ms=30, failure=failed("once"))
    due = await line.score("a")
    await line.purge(State.RETRYING)
    await line.undo()
    assert await line.score("a") == due
    assert [failure.message for failure in (await observe.job(line.store, "a")).failures] == ["once"]
    await line.passed(int(due or 0))
    assert [job.attempt for job in (await line.claim()).jobs] == [2]


async def test_a_dead_job_comes_back_with_its_payload_and_can_be_retried(line: Line):
    await line.ended("a", dead("broken"))
    await line.purge(State.DEAD)
    await line.undo()
    assert (await observe.job(line.store, "a")).reason == "broken"
    assert await line.revive("a") == [1]
    assert [job.payload for job in (await line.claim()).jobs] == [PAYLOAD]


@PURGEABLE
@pytest.mark.parametrize("life", ["waits", "runs", "completed", "dead", "cancelled"])
async def test_an_id_that_lives_again_is_skipped_and_left_alone(line: Line, state: State, life: str):
    await make(line, state, "a", "b")
    await line.purge(state)
    await line.put("a", payload=PAYLOAD + b" ")
    if life != "waits":
        lease = await line.lease()
        endings = {"completed": line.finish(lease), "dead": line.bury(lease, dead())}
        endings["cancelled"] = line.bury(lease, cancelled())
        chosen = endings.pop(life, None)
        for other in endings.values():
            other.close()
        if chosen is not None:
            await chosen
    before = {name: value for name, value in (await line.picture()).items() if name.endswith(":a")}
    now = await line.state("a")
    assert await line.undo() == Restored(restored=1, skipped=1, left=0)
    assert await line.state("a") is now
    assert await line.state("b") is state
    after = await line.picture()
    assert {name: after.get(name) for name in before} == before


async def test_each_of_two_purges_gives_its_own_jobs_back(line: Line):
    await line.put("a", payload=b"first life")
    await line.purge(State.WAITING, operation="op1")
    await line.put("a", payload=b"second life")
    await line.purge(State.WAITING, operation="op2")
    assert (await line.undo("op1")).restored == 1
    assert await line.raw.get("arq:job:a") == b"first life"
    assert (await line.undo("op2")).skipped == 1


async def test_an_undo_goes_in_chunks_and_says_what_is_left(line: Line):
    await line.put("a", "b", "c")
    await line.purge(State.WAITING)
    assert await line.undo(limit=2) == Restored(2, 0, 1)
    assert [name for name, _ in await line.store.purges(line.queue)] == ["op1"]
    assert await line.undo(limit=2) == Restored(1, 0, 0)
    assert await line.store.purges(line.queue) == []


async def test_an_undo_of_nothing_is_none(line: Line):
    assert await line.undo("never") == Restored(0, 0, 0)


async def test_an_undo_is_counted_told_and_wakes_a_worker(line: Line):
    await line.put("a")
    await line.purge(State.WAITING)
    async with line.store.wakes([line.queue]) as woken:
        await line.undo()
        assert await anext(woken) == line.queue.name
    [event] = await line.events("undo")
    assert (event["by"], event["jobs"], event["operation"], event["state"]) == ("ada", "1", "op1", "waiting")
    assert (await line.totals())["restored"] == 1


async def test_what_is_due_in_ten_minutes_is_so_after_an_undo(line: Line):
    await line.put("a", delay_ms=FAR)
    due = await line.score("a")
    await line.purge(State.SCHEDULED)
    await line.undo()
    assert await line.score("a") == await line.score("a", "scheduled") == due


async def test_an_undo_stops_the_purge_that_is_still_under_way(line: Line):
    await line.put("a", "b")
    assert await line.purge(State.WAITING, limit=1) == 1
    await line.undo()
    assert await line.purge(State.WAITING, limit=1) == 0
    assert [await line.state(one) for one in "ab"] == [State.WAITING] * 2
