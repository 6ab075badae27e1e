"""overview.lua, window.lua, inspect.lua: what is told of a queue and its jobs is what is."""

from collections.abc import Awaitable, Callable

import pytest

from arqlight_core import observe
from arqlight_core.errors import JobNotFound, QueueNotFound
from arqlight_core.jobs import State
from tests.store.line import FAR, QUEUE, Line, cancelled, dead, failed

NAMES = [f"{n:03}" for n in range(7)]
Maker = Callable[[Line, str], Awaitable[object]]


async def _completed(line: Line, one: str) -> None:
    await line.finish(await line.running(one), ttl_ms=-1)


async def _retrying(line: Line, one: str) -> None:
    await line.retry(await line.running(one), delay_ms=FAR + int(one or 0))


async def _held(line: Line, one: str) -> None:
    await line.defer(await line.running(one), state=State.HELD)


MAKERS: dict[State, Maker] = {
    State.WAITING: lambda line, one: line.put(one),
    State.SCHEDULED: lambda line, one: line.put(one, delay_ms=FAR),
    State.ACTIVE: lambda line, one: line.running(one),
    State.RETRYING: _retrying,
    State.HELD: _held,
    State.COMPLETED: _completed,
    State.DEAD: lambda line, one: line.ended(one, dead()),
    State.CANCELLED: lambda line, one: line.ended(one, cancelled()),
}
EACH = pytest.mark.parametrize("state", list(State))


@EACH
async def test_every_state_is_counted_as_itself_alone(line: Line, state: State):
    for one in NAMES:
        await MAKERS[state](line, one)
    assert await line.counts() == {state: 7}


async def test_all_states_are_counted_side_by_side(line: Line):
    for number, state in enumerate(state for state in State if state is not State.WAITING):
        await MAKERS[state](line, f"{number}")
    await MAKERS[State.WAITING](line, "w")
    assert await line.counts() == dict.fromkeys(State, 1)


@EACH
async def test_a_window_pages_through_all_jobs_of_a_state(line: Line, state: State):
    for one in NAMES:
        await MAKERS[state](line, one)
    pages = [await observe.window(line.store, QUEUE.name, state, offset, 3) for offset in (0, 3, 6, 9)]
    assert [page.total for page in pages] == [7] * 4
    assert [len(page.rows) for page in pages] == [3, 3, 1, 0]
    assert sorted(row.id for page in pages for row in page.rows) == NAMES
    assert {row.state for page in pages for row in page.rows} == {state}


@EACH
async def test_a_window_holds_the_jobs_of_its_state_and_no_others(line: Line, state: State):
    for number, one in enumerate(one for one in State if one is not State.WAITING):
        await MAKERS[one](line, f"{number}")
    await MAKERS[State.WAITING](line, "w")
    page = await observe.window(line.store, QUEUE.name, state, 0, 10)
    assert (page.total, len(page.rows)) == (1, 1)
    assert await line.state(page.rows[0].id) is state


async def test_live_jobs_are_listed_in_the_order_they_run_and_ended_ones_newest_first(line: Line):
    await line.put("c", "a", "b")
    await line.raw.zadd(line.queue.wire, {"c": 1, "a": 2, "b": 3})
    listed = await observe.window(line.store, QUEUE.name, State.WAITING, 0, 10)
    assert [row.id for row in listed.rows] == ["c", "a", "b"]
    await line.raw.zadd(line.queue.index(State.DEAD), {"c": 1, "a": 2, "b": 3})
    listed = await observe.window(line.store, QUEUE.name, State.DEAD, 0, 10)
    assert [row.id for row in listed.rows] == ["b", "a", "c"]


async def test_a_row_of_a_running_job_says_who_runs_it_and_how_far_it_is(line: Line):
    lease = await line.running("a", "w7")
    await line.progress(lease)
    [row] = (await observe.window(line.store, QUEUE.name, State.ACTIVE, 0, 10)).rows
    assert (row.worker, row.job_type, row.enqueued_ms, row.attempt) == ("w7", "work", 1_000, 1)
    assert (row.done, row.total, row.stage, row.share) == (3, 10, "reading", 0.3)
    assert str(row.claimed_ms) == lease.owner.decode().split(":")[2]
    assert row.moment_ms == await line.score("a", "active")


async def test_a_row_of_a_dead_job_says_what_broke(line: Line):
    await line.ended("a", dead("failed 3 of 3 attempts", failure=failed()))
    [row] = (await observe.window(line.store, QUEUE.name, State.DEAD, 0, 10)).rows
    assert (row.job_type, row.reason, row.error) == ("work", "failed 3 of 3 attempts", "Broken: it broke")
    assert row.attempt == 1  # as many as failures are kept of it


async def test_a_list_does_not_carry_large_payloads(line: Line):
    await line.put("large", payload=b"{" + b" " * 70_000)
    [row] = (await observe.window(line.store, QUEUE.name, State.WAITING, 0, 10)).rows
    assert (row.id, row.job_type) == ("large", "")


async def test_an_unreadable_payload_is_said_to_be_so(line: Line):
    await line.put("a", payload=b"\xc1")
    [row] = (await observe.window(line.store, QUEUE.name, State.WAITING, 0, 10)).rows
    assert row.job_type == "unreadable"
    assert "are no job" in (await observe.job(line.store, "a")).payload


async def test_the_longest_wait_is_that_of_the_head(line: Line):
    await line.put("a", "b")
    await line.raw.zadd(line.queue.wire, {"a": await line.store.time_ms() - 90_000})
    view = (await observe.fleet(line.store)).queues[0]
    assert view.oldest_ms is not None
    assert 90_000 <= view.oldest_ms < 100_000


async def test_a_queue_without_due_jobs_has_no_longest_wait(line: Line):
    await line.put("a", delay_ms=FAR)
    assert (await observe.fleet(line.store)).queues[0].oldest_ms is None


async def test_failures_and_throughput_of_the_last_minutes_are_seen(line: Line):
    await _completed(line, "a")
    await line.ended("b", dead())
    await line.retry(await line.running("c"))
    view = (await observe.fleet(line.store)).queues[0]
    assert view.failed_share == pytest.approx(2 / 3)
    assert sum(view.history) == 2
    assert 0 < view.out_per_s <= 2 / 60
    assert 0 < view.in_per_s <= 3 / 60
    assert view.run_p95_ms is not None


async def test_a_job_is_seen_whole(line: Line):
    await line.retry(await line.running("a"), failure=failed("first"))
    view = await observe.job(line.store, "a")
    assert (view.queue, view.job_type, view.payload) == (QUEUE.name, "work", {"args": [{"n": 1}], "kwargs": {}})
    assert view.why == "retrying after a failed attempt, says retry policy"
    assert [failure.message for failure in view.failures] == ["first"]


async def test_what_is_not_there_is_said_not_to_be(line: Line):
    with pytest.raises(JobNotFound, match="no job nothing"):
        await observe.job(line.store, "nothing")
    with pytest.raises(QueueNotFound, match="known are: test:line"):
        await observe.window(line.store, "other", State.DEAD, 0, 1)
