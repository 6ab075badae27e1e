"""promote, delay, prioritize: a job is due at another moment, or stands elsewhere in line, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest

from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, delay, prioritize, promote
from arqlight_core.policy import MINUTE, Priority
from arqlight_core.store import scripts
from tests.store.line import FAR, NOT_MADE, QUEUE, Line
from tests.store.states import brought

NAME = QUEUE.name
HOUR_MS = 3_600_000
LANES = pytest.mark.parametrize("priority", list(Priority))
PRIORITIZED = pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD])


def only(*ids: str) -> Selection:
    return Selection(NAME, ids=ids)


@LANES
async def test_a_promoted_job_is_due_now_with_its_priority(line: Line, priority: Priority):
    await line.put("a", delay_ms=FAR, lane=priority.lane)
    assert (await promote(line.store, only("a"), actor="ada")).changed == 1
    [job] = (await line.claim()).jobs
    assert job.lane == priority.lane
    assert job.due_ms == pytest.approx(await line.store.time_ms(), abs=5_000)
    assert await line.score("a", "scheduled") is await line.score("a", "maturing") is None


async def test_a_promotion_wakes_a_worker(line: Line):
    await line.put("a", delay_ms=FAR)
    async with line.store.wakes([line.queue]) as woken:
        await promote(line.store, only("a"), actor="ada")
        assert await anext(woken) == NAME


@pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.RETRYING])
@LANES
async def test_a_delayed_job_is_due_then_with_its_priority(line: Line, state: State, priority: Priority):
    await line.put("a", delay_ms=FAR, lane=priority.lane)
    if state is not State.SCHEDULED:
        await promote(line.store, only("a"), actor="ada")
    if state is State.RETRYING:
        await line.retry(await line.lease())
    until = datetime(2100, 1, 1, tzinfo=UTC)
    assert (await delay(line.store, only("a"), until=until, actor="ada", reason="too early")).changed == 1
    view = await observe.job(line.store, "a")
    assert (view.state, view.due_ms) == (State.SCHEDULED, until.timestamp() * 1000)
    assert (view.because, view.by) == ("put off by ada: too early", "ada")
    assert await line.score("a") == until.timestamp() * 1000 + priority.lane
    assert await line.score("a", "retrying") is None


async def test_a_job_that_failed_keeps_its_attempts_while_it_is_put_off(line: Line):
    await brought(line, State.RETRYING)
    await delay(line.store, only("a"), by=timedelta(days=30), actor="ada")
    assert await line.raw.get("arq:retry:a") == b"1"
    assert await line.raw.ttl("arq:retry:a") > 30 * 86_400


async def test_a_span_counts_from_when_it_was_asked_for_however_often_a_step_is_made(line: Line):
    await line.put("a", "b")
    step = await line.step("waiting,scheduled", "bulk1")
    asked = int(await line.raw.hget(f"{line.queue.prefix}bulk:bulk1", "asked"))
    await line.run(scripts.delay(QUEUE, step, 0, HOUR_MS, ["a"]))
    assert await line.run(scripts.delay(QUEUE, step, 0, HOUR_MS, ["a"])) == NOT_MADE
    await line.passed(asked + 20)
    await line.run(scripts.delay(QUEUE, await line.step("waiting,scheduled", "bulk1"), 0, HOUR_MS, ["a", "b"]))
    assert await line.score("a") == await line.score("b") == asked + HOUR_MS


async def test_a_scheduled_job_that_the_walk_meets_again_is_not_counted_twice(line: Line):
    await line.put("a", "b", delay_ms=FAR)
    report = await delay(line.store, Selection(NAME, State.SCHEDULED, everything=True), by=MINUTE * 60, actor="ada")
    assert report.changed == 2


async def test_a_job_that_is_due_then_already_is_left_alone(line: Line):
    await line.put("a", lane=0.5)
    until = datetime(2100, 1, 1, tzinfo=UTC)
    await delay(line.store, only("a"), until=until, actor="ada")
    report = await delay(line.store, only("a"), until=until, actor="ada")
    assert report.skipped == {"it is due then already": 1}


async def test_what_would_be_due_in_the_past_is_left_alone(line: Line):
    await line.put("a")
    report = await delay(line.store, only("a"), until=datetime(2000, 1, 1, tzinfo=UTC), actor="ada")
    assert report.skipped == {"that moment has passed": 1}
    assert await line.state("a") is State.WAITING


@pytest.mark.parametrize(
    "wrong", [{}, {"until": datetime(2100, 1, 1, tzinfo=UTC), "by": MINUTE}, {"by": timedelta(0)}], ids=str
)
async def test_a_delay_needs_one_moment(line: Line, wrong: dict[str, object]):
    await line.put("a")
    with pytest.raises(UsageError):
        await delay(line.store, only("a"), actor="ada", **wrong)


async def test_a_lapsed_job_that_is_put_off_is_taken_from_its_worker(line: Line):
    lease = await line.running("a")
    await line.lapse(lease)
    await delay(line.store, only("a"), by=MINUTE, actor="ada")
    assert await line.state("a") is State.SCHEDULED
    assert await line.claimed("w2") == []
    assert await line.finish(lease) == [False]


@PRIORITIZED
@LANES
async def test_a_prioritized_job_stands_where_it_would_had_it_come_so(line: Line, state: State, priority: Priority):
    await brought(line, state)
    due = (await observe.job(line.store, "a")).due_ms
    report = await prioritize(line.store, only("a"), priority=priority.name.lower(), actor="ada")
    assert report.skipped == ({"it has this priority already": 1} if priority is Priority.LOW else {})
    head_start = priority.value // timedelta(milliseconds=1) if state is State.WAITING else 0
    assert await line.score("a") == due - head_start + priority.lane
    assert await line.state("a") is state
    matures = priority is not Priority.LOW and state is not State.WAITING
    assert await line.score("a", "maturing") == (due + priority.lane if matures else None)
    if state is not State.WAITING:
        assert await line.score("a", state) == due


async def test_another_priority_and_back_leaves_no_trace(line: Line):
    await line.put("a", lane=0.5)
    await line.put("b", lane=0.5, delay_ms=FAR)
    before = await line.picture()
    for priority in ("critical", "low", "high"):
        await prioritize(line.store, only("a", "b"), priority=priority, actor="ada")
    after = {name: held for name, held in (await line.picture()).items() if ":audit" not in name}
    assert after == before


async def test_a_low_priority_takes_the_head_start_of_a_job_that_is_not_due(line: Line):
    await line.put("a", lane=0.5, delay_ms=FAR)
    await prioritize(line.store, only("a"), priority="low", actor="ada")
    assert await line.score("a") == await line.score("a", "scheduled")
    assert await line.score("a", "maturing") is None


async def test_a_critical_job_goes_first(line: Line):
    await line.put("a", "b", "c")
    await line.raw.zadd(line.queue.wire, {"a": 1e12, "b": 1e12 + 1, "c": 1e12 + 2})
    await prioritize(line.store, only("c"), priority="critical", actor="ada")
    assert await line.claimed() == ["c", "a", "b"]


async def test_an_unknown_priority_is_refused_before_anything_is_written_down(line: Line):
    await line.put("a")
    with pytest.raises(UsageError, match="priority"):
        await prioritize(line.store, only("a"), priority="urgent", actor="ada")
    assert await line.raw.exists(f"{line.queue.prefix}bulks") == 0
