"""undo.lua: what a purge took comes back as it was, unless its id lives again."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store import scripts
from tests.store.line import FAR, PAYLOAD, Line, acted, cancelled, dead, failed
from tests.store.test_purge import PURGEABLE, make


def restored(picture: dict[str, bytes]) -> dict[str, bytes]:
    """What a purge and its undo must leave as it was; the counter that a claim counts attempts with, by its value."""
    return {name: value for name, value in picture.items() if "trash" not in name}


@PURGEABLE
async def test_an_undo_leaves_everything_as_it_was(line: Line, state: State):
    await make(line, state, "b", "a", "c")
    before = restored(await line.picture())
    await line.purge(state)
    assert await line.undo() == acted(3)
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
    assert await line.revive("a") == acted(1)
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
    assert await line.undo() == acted(1, its_id_is_in_use_again=1)
    assert await line.state("a") is now
    assert await line.state("b") is state
    after = await line.picture()
    assert {name: after.get(name) for name in before} == before


async def test_each_of_two_purges_gives_its_own_jobs_back(line: Line):
    await line.put("a", payload=b"first life")
    await line.purge(State.WAITING, operation="op1")
    await line.put("a", payload=b"second life")
    await line.purge(State.WAITING, operation="op2")
    assert await line.undo("op1") == acted(1)
    assert await line.raw.get("arq:job:a") == b"first life"
    assert await line.undo("op2") == acted(0, its_id_is_in_use_again=1)


async def test_what_an_undo_left_alone_stays_in_the_trash_and_comes_back_when_its_id_is_free(line: Line):
    await line.put("a", payload=b"first life")
    await line.purge(State.WAITING, operation="op1")
    await line.put("a", payload=b"second life")
    assert await line.undo("op1") == acted(0, its_id_is_in_use_again=1)
    await line.purge(State.WAITING, operation="op2")
    assert await line.undo("op1") == acted(1)
    assert await line.raw.get("arq:job:a") == b"first life"


async def test_an_undo_goes_in_chunks_and_the_trash_says_what_is_left(line: Line):
    await line.put("a", "b", "c")
    await line.purge(State.WAITING)
    assert await line.undo(limit=2) == acted(2)
    assert [name for name, _ in await line.store.purges(line.queue)] == ["op1"]
    assert await line.walk("trash:op1") == ["c"]
    assert await line.undo(limit=2) == acted(1)
    assert await line.store.purges(line.queue) == []
    assert [key async for key in line.raw.scan_iter(match="*trash*")] == []


async def test_an_undo_of_nothing_is_none(line: Line):
    assert await line.undo("never") == acted(0)


async def test_what_the_trash_does_not_hold_cannot_be_put_back(line: Line):
    await line.put("a", "b")
    await line.throw_away("a")
    undo = scripts.undo(line.queue, await line.step(""), "op1", ["a", "b", "never"])
    assert await line.run(undo) == acted(1, not_in_the_trash=2)


async def test_jobs_of_several_states_come_back_each_to_its_own(line: Line):
    states = (State.DEAD, State.CANCELLED, State.SCHEDULED, State.RETRYING, State.HELD, State.WAITING)
    for state in states:
        await make(line, state, state.value)
    before = restored(await line.picture())
    assert await line.throw_away(*states, states=",".join(states)) == acted(len(states))
    assert await line.undo() == acted(len(states))
    assert restored(await line.picture()) == before
    assert [await line.state(one) for one in states] == list(states)


@pytest.mark.parametrize("state", [State.WAITING, State.DEAD])
async def test_a_job_whose_time_in_the_trash_is_over_does_not_come_back_as_a_ghost(line: Line, state: State):
    await make(line, state, "a", "b")
    await line.purge(state)
    await line.raw.delete(*[key async for key in line.raw.scan_iter(match="*trash:op1:*:a")])
    assert await line.undo() == acted(1, its_time_in_the_trash_is_over=1)
    assert [await line.state(one) for one in "ab"] == [None, state]


async def test_a_life_that_ended_while_the_purge_went_on_is_not_overwritten(line: Line):
    await line.put("a", payload=b"first life")
    await line.put("b")
    await line.throw_away("a")
    await line.raw.zrem(line.queue.wire, "b")
    await line.ended("a", dead())
    await line.passed(await line.store.time_ms())
    await line.raw.zadd(line.queue.wire, {"b": 1})
    assert await line.throw_away("b") == acted(1)
    assert await line.undo() == acted(1, its_id_is_in_use_again=1)
    assert await line.state("a") is State.DEAD


async def test_an_undo_is_counted_and_wakes_a_worker(line: Line):
    await line.put("a")
    await line.purge(State.WAITING)
    async with line.store.wakes([line.queue]) as woken:
        await line.undo()
        assert await anext(woken) == line.queue.name
    assert (await line.totals())["restored"] == 1


async def test_what_is_due_in_ten_minutes_is_so_after_an_undo(line: Line):
    await line.put("a", delay_ms=FAR)
    due = await line.score("a")
    await line.purge(State.SCHEDULED)
    await line.undo()
    assert await line.score("a") == await line.score("a", "scheduled") == due
