"""A priority is a head start in line: it survives whatever puts a job back, and starves nobody."""

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.policy import HOUR, MINUTE, Place, Priority, milliseconds
from tests.contracts.test_scripts import SHARED
from tests.store.line import FAR, Line

LOW, MEDIUM, HIGH, CRITICAL = (one.lane for one in (Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL))


async def put_in_rising_order(line: Line) -> None:
    for name, lane in (("low", LOW), ("medium", MEDIUM), ("high", HIGH), ("critical", CRITICAL)):
        await line.put(name, lane=lane)


async def test_jobs_are_claimed_by_priority_and_not_by_the_order_they_came_in(line: Line):
    await put_in_rising_order(line)
    assert await line.claimed() == ["critical", "high", "medium", "low"]


async def test_a_stock_producers_jobs_stand_with_low_unless_they_were_due_long_ago(line: Line):
    now = await line.store.time_ms()
    await line.put("ours", lane=MEDIUM)
    await line.raw.set("arq:job:stock", b"p")
    await line.raw.set("arq:job:urgent", b"p")
    await line.raw.zadd(line.queue.wire, {"stock": now - 1, "urgent": now - milliseconds(HOUR)})
    assert await line.claimed() == ["urgent", "ours", "stock"]


async def test_an_old_low_job_goes_before_a_new_critical_one(line: Line):
    await line.put("old")
    await line.raw.zadd(line.queue.wire, {"old": await line.store.time_ms() - milliseconds(4 * HOUR) - 1000})
    await line.put("critical", lane=CRITICAL)
    assert await line.claimed() == ["old", "critical"]


async def test_a_delayed_job_does_not_run_early_and_has_its_head_start_once_it_is_due(line: Line):
    await line.put("high", lane=HIGH, delay_ms=250)
    await line.put("low")
    assert await line.state("high") is State.SCHEDULED
    assert await line.claimed(limit=5) == ["low"]
    await line.put("low-2")
    await line.passed(int(await line.score("high") or 0))
    assert await line.claimed() == ["high", "low-2"]


@pytest.mark.parametrize("back", ["retry", "defer", "release"])
async def test_what_is_put_back_keeps_its_priority(line: Line, back: str):
    await line.put("high", lane=HIGH)
    lease = await line.lease()
    await line.put("low")
    settle = {"retry": line.retry, "defer": line.defer}.get(back)
    assert await (settle(lease, 0) if settle else line.release(lease))
    [first, _] = (await line.claim()).jobs
    assert (first.lease.job_id, first.lane) == ("high", HIGH)


async def test_what_comes_back_after_a_delay_keeps_its_priority(line: Line):
    await line.put("high", lane=HIGH)
    await line.retry(await line.lease(), delay_ms=20)
    await line.put("low")
    await line.passed(int(await line.score("high") or 0))
    assert await line.claimed() == ["high", "low"]


async def test_a_crash_does_not_cost_a_job_its_place_in_line(line: Line):
    await line.put("high", lane=HIGH)
    lease = await line.lease("w1")
    await put_in_rising_order(line)
    await line.lapse(lease)
    [first, *_] = (await line.claim("w2")).jobs
    assert (first.lease.job_id, first.lane) == ("high", HIGH)
    await line.release(first.lease)
    assert Place.of(await line.score("high") or 0).priority is Priority.HIGH


async def test_undo_restores_the_priority_of_what_waits_and_of_what_is_delayed(line: Line):
    await line.put("waits", lane=CRITICAL)
    await line.put("later", lane=CRITICAL, delay_ms=FAR)
    before = await line.picture()
    await line.purge(State.WAITING, operation="op1")
    await line.purge(State.SCHEDULED, operation="op2")
    await line.undo("op1")
    await line.undo("op2")
    assert (await line.score("waits") or 0) % 1 == (await line.score("later") or 0) % 1 == CRITICAL
    after = await line.picture()
    assert {name: after.get(name) for name in before} == before


async def test_a_purge_bound_to_a_moment_spares_what_came_later_whatever_its_head_start(line: Line):
    await line.put("seen")
    moment = await line.store.time_ms()
    await line.passed(moment + 1)
    await line.put(*(f"later-{number}" for number in range(7)), lane=CRITICAL)
    assert await line.purge(State.WAITING, moment_ms=moment, limit=3) == 1
    assert await line.purge(State.WAITING, moment_ms=moment, limit=3) == 0
    assert len(await line.claimed()) == 7


async def test_the_longest_wait_is_a_true_one(line: Line):
    await put_in_rising_order(line)
    oldest = (await observe.fleet(line.store)).queues[0].oldest_ms
    assert oldest is not None
    assert oldest < milliseconds(MINUTE)


async def test_a_list_says_since_when_a_job_has_truly_been_due(line: Line):
    now = await line.store.time_ms()
    await line.put("critical", lane=CRITICAL)
    [row] = (await observe.window(line.store, "test:line", State.WAITING, 0, 5)).rows
    assert now <= row.moment_ms < now + milliseconds(MINUTE)


async def come_due(line: Line, one: str, lane: float) -> int:
    """A job whose delay has passed and that no claim has moved to its place in line; since when (ms)."""
    await line.put(one, lane=lane, delay_ms=20)
    due = int(await line.score(one) or 0)
    await line.passed(due)
    return due


@pytest.mark.parametrize("lane", [LOW, MEDIUM, HIGH, CRITICAL])
async def test_a_job_that_came_due_in_a_queue_without_claims_is_due_since_then(line: Line, lane: float):
    due = await come_due(line, "a", lane)
    assert await due_moments(line) == [("a", due)]
    assert (await observe.job(line.store, "a")).due_ms == due
    fleet = await observe.fleet(line.store)
    assert fleet.queues[0].oldest_ms == pytest.approx(fleet.at_ms - due, abs=50)  # two readings of the clock
    assert (fleet.queues[0].oldest_ms or 0) > 0


async def test_the_longest_wait_counts_those_in_their_place_and_those_not_moved_to_it(line: Line):
    due = await come_due(line, "unmoved", CRITICAL)
    await line.put("in line", lane=CRITICAL)
    fleet = await observe.fleet(line.store)
    assert fleet.queues[0].oldest_ms == pytest.approx(fleet.at_ms - due, abs=50)
    [first, _] = await due_moments(line)
    assert first[0] == "in line"


async def test_a_job_keeps_its_due_moment_when_a_claim_moves_it_and_a_release_puts_it_back(line: Line):
    due = await come_due(line, "a", HIGH)
    await line.release(await line.lease())
    assert await due_moments(line) == [("a", due)]
    assert (await observe.job(line.store, "a")).due_ms == due


async def test_what_is_left_of_an_earlier_delay_says_nothing_of_a_job_in_line(line: Line):
    now = await line.store.time_ms()
    await line.put("a", lane=HIGH)
    await line.raw.zadd(line.queue.index("maturing"), {"a": now - FAR + HIGH})
    [(_, since)] = await due_moments(line)
    assert now <= since < now + milliseconds(MINUTE)


async def test_a_job_that_is_not_due_yet_tells_when_it_will_be(line: Line):
    await line.put("later", lane=CRITICAL, delay_ms=FAR)
    due = int(await line.score("later", "scheduled") or 0)
    assert (await observe.job(line.store, "later")).due_ms == due
    [row] = (await observe.window(line.store, "test:line", State.SCHEDULED, 0, 5)).rows
    assert row.moment_ms == due


async def due_moments(line: Line) -> list[tuple[str, int]]:
    listed = await observe.window(line.store, "test:line", State.WAITING, 0, 5)
    return [(row.id, row.moment_ms) for row in listed.rows]


async def test_waits_are_measured_without_the_head_start(line: Line):
    await line.put("critical", lane=CRITICAL)
    await line.claimed()
    view = (await observe.fleet(line.store)).queues[0]
    assert view.wait_p95_ms is not None
    assert view.wait_p95_ms < milliseconds(MINUTE)


@pytest.mark.parametrize("priority", list(Priority))
def test_lua_and_python_give_the_same_head_start(priority: Priority):
    lane = f"{priority.lane:g}"
    assert f"[{lane}] = {milliseconds(priority.value)}" in SHARED
