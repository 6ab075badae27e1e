"""hold and release: a job stands still until an operator lets it go, and then where it stood."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, cancel, hold, prioritize, purge, release, retry, undo
from arqlight_core.policy import Priority
from arqlight_core.store import scripts
from tests.store.line import FAR, QUEUE, Line
from tests.store.states import brought

NAME = QUEUE.name
A = Selection(NAME, ids=("a",))
HELDABLE = pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.RETRYING])


@HELDABLE
async def test_a_held_job_says_by_whom_why_and_has_no_end(line: Line, state: State):
    await brought(line, state)
    await hold(line.store, A, actor="ada", reason="the tenant asked")
    view = await observe.job(line.store, "a")
    assert (view.state, view.because, view.by, view.until_ms) == (
        State.HELD,
        "held by ada: the tenant asked",
        "ada",
        0,
    )
    assert view.due_ms > await line.store.time_ms() + 36_500 * 86_400_000
    assert int((await line.record("a"))["since"]) == pytest.approx(view.at_ms, abs=5_000)
    assert await line.claimed() == []


async def test_nothing_of_a_held_stock_job_expires(line: Line):
    await brought(line, State.RETRYING)
    await line.raw.pexpire("arq:job:a", FAR)
    await hold(line.store, A, actor="ada")
    assert await line.raw.pttl("arq:job:a") == await line.raw.pttl("arq:retry:a") == -1
    await release(line.store, A, actor="ada")
    assert await line.raw.pttl("arq:retry:a") > 0


@HELDABLE
@pytest.mark.parametrize("lane", [priority.lane for priority in Priority])
async def test_a_released_job_stands_where_it_stood(line: Line, state: State, lane: float):
    await line.put("a", lane=lane, delay_ms=FAR if state is State.SCHEDULED else 0)
    if state is State.RETRYING:
        await line.retry(await line.lease())
    score, matures = await line.score("a"), await line.score("a", "maturing")
    await hold(line.store, A, actor="ada")
    await release(line.store, A, actor="ada")
    assert await line.state("a") is state
    assert (await line.score("a"), await line.score("a", "maturing")) == (score, matures)
    assert (await line.record("a")).keys().isdisjoint({"because", "by", "since", "parked", "parked_as", "until"})


async def test_a_job_that_came_due_while_it_was_held_is_due_since_then(line: Line):
    await line.put("a", delay_ms=20)
    due = int(await line.score("a") or 0)
    await hold(line.store, A, actor="ada")
    await line.passed(due)
    await release(line.store, A, actor="ada")
    [job] = (await line.claim()).jobs
    assert job.due_ms == due


async def test_a_priority_given_while_it_is_held_counts_when_it_is_released(line: Line):
    await line.put("a", "b")
    await line.raw.zadd(line.queue.wire, {"a": 1e12, "b": 1e12 - 1})
    await hold(line.store, A, actor="ada")
    await prioritize(line.store, A, priority="high", actor="ada")
    await release(line.store, A, actor="ada")
    assert await line.claimed() == ["a", "b"]


async def test_what_a_policy_holds_can_be_held_for_good_and_let_go(line: Line):
    await brought(line, State.HELD)
    await hold(line.store, A, actor="ada")
    assert (await observe.job(line.store, "a")).by == "ada"
    assert (await hold(line.store, A, actor="bob")).skipped == {"held already": 1}
    await release(line.store, A, actor="ada")
    assert await line.claimed() == ["a"]


async def test_a_parent_waits_for_its_children_whatever_an_operator_holds_or_releases(line: Line):
    await brought(line, State.HELD)
    await line.raw.hset(f"{line.queue.prefix}flow:a", mapping={"awaited": 1, "total": 3})
    for operation in (hold, release):
        assert (await operation(line.store, A, actor="ada")).skipped == {"it waits for its children": 1}


async def test_a_held_job_that_is_cancelled_and_retried_is_not_held_any_more(line: Line):
    await line.put("a")
    await hold(line.store, A, actor="ada")
    await cancel(line.store, A, actor="ada")
    await retry(line.store, A, actor="ada")
    assert (await line.record("a")).keys().isdisjoint({"parked", "because", "by"})
    assert await line.claimed() == ["a"]


async def test_a_held_job_comes_back_from_the_trash_as_it_was(line: Line):
    await line.put("a")
    score = await line.score("a")
    await hold(line.store, A, actor="ada", reason="why")
    await purge(line.store, A, actor="ada")
    await undo(line.store, NAME, actor="ada")
    assert (await observe.job(line.store, "a")).because == "held by ada: why"
    await release(line.store, A, actor="ada")
    assert await line.score("a") == score


async def test_all_that_somebody_holds_can_be_released_and_nothing_else(line: Line):
    await brought(line, State.HELD, "policy")
    await line.put("a", "b")
    await hold(line.store, Selection(NAME, ids=("a",)), actor="ada")
    await hold(line.store, Selection(NAME, ids=("b",)), actor="bob")
    report = await release(line.store, Selection(NAME, State.HELD, held_by="ada"), actor="ada")
    assert report.changed == 1
    assert [await line.state(one) for one in ("a", "b", "policy")] == [State.WAITING, State.HELD, State.HELD]


async def test_a_worker_that_has_not_heard_of_the_end_of_a_rule_holds_nothing_for_good(line: Line):
    deferral = scripts.Deferral(10**12, "held by ada", "hold r1", "held", rule="r1")
    await line.run(scripts.defer(QUEUE, await line.running("a"), deferral, "work"))
    assert await line.score("a") == pytest.approx(await line.store.time_ms() + 1000, abs=900)


async def test_a_job_that_a_rule_holds_keeps_its_place(line: Line):
    await line.run(scripts.set_hold(QUEUE, "r1", "{}", "ada", "", 0))
    await line.put("a", lane=0.25)
    score = await line.score("a")
    deferral = scripts.Deferral(10**12, "held by ada", "hold r1", "held", rule="r1")
    await line.run(scripts.defer(QUEUE, await line.lease(), deferral, "work"))
    assert await line.state("a") is State.HELD
    await release(line.store, A, actor="ada")
    assert await line.score("a") == score
