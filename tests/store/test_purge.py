"""walk.lua and purge.lua: what was there at a moment goes to the trash; what runs, and what came later, stays."""

import pytest

from arqlight_core.jobs import State
from tests.store.line import FAR, Line, acted, cancelled, dead


async def make(line: Line, state: State, *ids: str) -> None:
    """Jobs in this state."""
    for one in ids:
        match state:
            case State.WAITING:
                await line.put(one)
            case State.SCHEDULED:
                await line.put(one, delay_ms=FAR)
            case State.RETRYING:
                await line.retry(await line.running(one))
            case State.HELD:
                await line.defer(await line.running(one), state=State.HELD)
            case State.DEAD:
                await line.ended(one, dead(ttl_ms=-1))
            case _:
                await line.ended(one, cancelled(ttl_ms=-1))


PURGEABLE = pytest.mark.parametrize(
    "state", [State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD, State.DEAD, State.CANCELLED]
)


@PURGEABLE
async def test_purged_jobs_are_nowhere_any_more(line: Line, state: State):
    await make(line, state, "a", "b")
    assert await line.purge(state) == 2
    assert [await line.state(one) for one in "ab"] == [None, None]
    assert await line.raw.exists("arq:job:a", "arq:result:a", "arqlight:job:a", "arq:retry:a") == 0
    assert await line.claimed() == []


@PURGEABLE
async def test_the_id_of_a_purged_job_is_free_and_its_next_life_fresh(line: Line, state: State):
    await make(line, state, "a")
    await line.purge(state)
    assert await line.put("a", payload=b"next life") == [True]
    [job] = (await line.claim()).jobs
    assert (job.payload, job.attempt) == (b"next life", 1)


@PURGEABLE
async def test_what_lies_in_the_trash_expires_with_it(line: Line, state: State):
    await make(line, state, "a")
    await line.purge(state)
    names = [name async for name in line.raw.scan_iter(match=f"{line.queue.prefix}trash:*")]
    assert names
    assert [name for name in names if not 0 < await line.raw.pttl(name) <= FAR] == []


async def test_what_came_after_the_moment_stays(line: Line):
    await line.put("before")
    moment = await line.store.time_ms()
    await line.passed(moment)
    await line.put("after")
    assert await line.purge(State.WAITING, moment) == 1
    assert await line.state("after") is State.WAITING


@pytest.mark.parametrize("state", [State.DEAD, State.CANCELLED])
async def test_what_ended_after_the_moment_stays(line: Line, state: State):
    await make(line, state, "before")
    moment = await line.store.time_ms()
    await line.passed(moment)
    await make(line, state, "after")
    assert await line.purge(state, moment) == 1
    assert await line.state("after") is state


async def test_one_state_is_purged_and_no_other(line: Line):
    states = (State.DEAD, State.CANCELLED, State.SCHEDULED, State.RETRYING)
    for state in states:
        await make(line, state, state.value)
    await line.running("active")
    await line.put("waiting")
    assert await line.purge(State.WAITING) == 1
    kept = {state.value: state for state in (*states, State.ACTIVE)}
    assert {one: await line.state(one) for one in kept} == kept


async def test_a_running_job_stays_even_when_a_stock_abort_pulled_its_score(line: Line):
    await line.running("a")
    await line.raw.zadd(line.queue.wire, {"a": 1})
    assert await line.purge(State.WAITING) == 0
    assert await line.state("a") is State.ACTIVE


async def test_a_job_that_a_stock_worker_runs_stays(line: Line):
    await line.put("a")
    await line.raw.set("arq:in-progress:a", b"1", px=FAR)
    assert await line.purge(State.WAITING) == 0
    assert await line.raw.exists("arq:job:a", "arq:in-progress:a") == 2


async def test_a_lapsed_job_waits_and_so_is_purged_with_the_waiting(line: Line):
    lease = await line.running("a")
    await line.lapse(lease)
    assert await line.purge(State.WAITING) == 1
    assert await line.finish(lease, result=b"too late", ttl_ms=-1) == [False]
    assert await line.renew(lease) == ["a"]
    assert await line.state("a") is None


async def test_the_jobs_of_a_dead_fleet_do_not_hide_the_rest_from_a_purge(line: Line):
    await line.put(*(f"lapsed{n}" for n in range(5)))
    await line.lapse(*[job.lease for job in (await line.claim()).jobs])
    await line.put("a")
    moved = [await line.purge(State.WAITING, limit=2) for _ in range(4)]
    assert moved == [2, 2, 2, 0]


async def test_a_purge_goes_in_chunks_from_the_oldest(line: Line):
    await line.put("a", "b", "c")
    assert await line.purge(State.WAITING, limit=2) == 2
    assert await line.claimed() == ["c"]


async def test_a_purge_is_counted_and_noted_with_who_and_why(line: Line):
    await line.put("a", "b")
    await line.purge(State.WAITING)
    assert (await line.totals())["purged"] == 2
    [(operation, note)] = await line.store.purges(line.queue)
    assert (operation, note["by"], note["reason"], note["state"], note["jobs"]) == (
        "op1",
        "ada",
        "mended",
        "waiting",
        "2",
    )


async def test_one_purge_in_two_steps_is_one_in_the_trash_and_keeps_the_moment_it_began(line: Line):
    await line.put("a", "b")
    await line.purge(State.WAITING, limit=1)
    [(_, first)] = await line.store.purges(line.queue)
    await line.passed(await line.store.time_ms())
    await line.purge(State.WAITING, limit=1)
    assert await line.store.purges(line.queue) == [("op1", first | {"jobs": "2"})]


async def test_a_purge_of_nothing_leaves_no_trace(line: Line):
    before = await line.picture()
    assert await line.purge(State.WAITING) == 0
    assert await line.picture() == before
    assert await line.store.purges(line.queue) == []


async def test_what_moved_on_since_the_walk_is_left_alone_with_the_reason(line: Line):
    await line.put("active", "completed", "waiting")
    ids = await line.walk(State.WAITING)
    first, second = (await line.claim(limit=2)).jobs
    assert {first.lease.job_id, second.lease.job_id} == {"active", "completed"}
    await line.finish(second.lease if second.lease.job_id == "completed" else first.lease)
    assert await line.throw_away(*ids, "never") == acted(1, it_is_active=1, it_is_completed=1, no_such_job=1)
    assert await line.state("active") is State.ACTIVE


@PURGEABLE
async def test_only_the_states_that_are_meant_are_purged(line: Line, state: State):
    await make(line, state, "a")
    others = ",".join(one for one in State if one is not state)
    before = await line.picture()
    assert await line.throw_away("a", states=others) == acted(0, **{f"it_is_{state}": 1})
    assert await line.picture() == before


async def test_an_id_named_twice_is_purged_once(line: Line):
    await line.put("a")
    assert await line.throw_away("a", "a") == acted(1, no_such_job=1)
    assert await line.undo() == acted(1)
    assert await line.claimed() == ["a"]
