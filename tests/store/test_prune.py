"""prune.lua: a queue forgets ended jobs by count and by age, the oldest first, and nothing that lives again."""

import pytest

from arqlight_core.jobs import State
from tests.store.line import FAR, Line, cancelled, dead

ENDED = pytest.mark.parametrize("state", [State.COMPLETED, State.DEAD, State.CANCELLED])


async def end(line: Line, state: State, *ids: str) -> None:
    """Jobs that ended so, one millisecond after another."""
    for place, one in enumerate(ids):
        if state is State.COMPLETED:
            await line.finish(await line.running(one), result=b"r", ttl_ms=-1)
        else:
            await line.ended(one, dead(ttl_ms=-1) if state is State.DEAD else cancelled(ttl_ms=-1))
        await line.raw.zincrby(line.queue.index(state), place - len(ids), one)


@ENDED
async def test_what_is_beyond_the_count_is_forgotten_oldest_first(line: Line, state: State):
    await end(line, state, "c", "a", "b")
    assert await line.prune(state, keep_count=1) == 2
    assert [await line.state(one) for one in "cab"] == [None, None, state]


@ENDED
async def test_what_is_too_old_is_forgotten(line: Line, state: State):
    await end(line, state, "old", "young")
    await line.raw.zincrby(line.queue.index(state), -2 * FAR, "old")
    assert await line.prune(state, keep_count=100, keep_age_ms=FAR) == 1
    assert [await line.state(one) for one in ("old", "young")] == [None, state]


@ENDED
async def test_nothing_is_left_of_a_forgotten_job_and_its_id_is_free(line: Line, state: State):
    await end(line, state, "a")
    await line.prune(state)
    left = [name for name in await line.picture() if name.endswith(":a")]
    assert left == []
    assert await line.put("a") == [True]


async def test_what_is_within_count_and_age_stays(line: Line):
    await end(line, State.DEAD, "a", "b")
    before = await line.picture()
    assert await line.prune(State.DEAD, keep_count=2) == 0
    assert await line.picture() == before
    assert "pruned" not in await line.totals()


async def test_one_call_forgets_no_more_than_its_chunk(line: Line):
    await end(line, State.COMPLETED, "a", "b", "c")
    assert [await line.prune(State.COMPLETED, limit=2) for _ in range(3)] == [2, 1, 0]
    assert (await line.totals())["pruned"] == 3


async def test_the_next_life_of_a_forgotten_id_keeps_its_record(line: Line):
    await end(line, State.COMPLETED, "a")
    await line.raw.delete("arq:result:a")
    await line.raw.set("arq:job:a", b"queued anew by a stock producer")
    await line.raw.zadd(line.queue.wire, {"a": 1})
    await line.progress(await line.lease(), "a line of the next life")
    before = await line.picture()
    assert await line.prune(State.COMPLETED) == 1
    assert await line.score("a", "completed") is None
    after = await line.picture()
    assert {name: after.get(name) for name in before if name.endswith(":a")} == {
        name: value for name, value in before.items() if name.endswith(":a")
    }


async def test_other_states_are_left_alone(line: Line):
    await end(line, State.DEAD, "dead")
    await end(line, State.CANCELLED, "cancelled")
    await line.prune(State.COMPLETED)
    await line.prune(State.CANCELLED)
    assert await line.state("dead") is State.DEAD
    assert await line.state("cancelled") is None


async def test_a_stock_queues_results_stay_until_they_expire_by_themselves(line: Line):
    await line.finish(await line.running("a"), result=b"r", ttl_ms=FAR)
    assert await line.prune(State.COMPLETED, results=0) == 1
    assert await line.raw.get("arq:result:a") == b"r"
    assert await line.state("a") is None
