"""The one word for a queue: the gravest that applies, from what is really there."""

from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.observe import BreakerState, QueueView
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Deferral
from arqlight_fleet.judge import NO_CAPABLE_WORKER
from tests.store.line import FAR, QUEUE, Line, dead

BREAKER = f"{QUEUE.prefix}breaker:"


async def view(line: Line) -> QueueView:
    [seen] = (await observe.fleet(line.store)).queues
    return seen


async def beat(line: Line, *functions: str, state: str = "running") -> None:
    now = await line.store.time_ms()
    told: dict[str, Any] = {
        "id": "w1",
        "host": "here",
        "pid": 1,
        "state": state,
        "started_ms": now,
        "beat_ms": now,
        "queues": {QUEUE.name: {"running": 0, "concurrency": 3}},
        "jobs": {},
        "chores": [],
        "functions": functions,
    }
    await line.store.beat("w1", told, now, 60_000)


async def hold(line: Line, one: str, because: str = "limit sending", by: str = "limit sending") -> None:
    deferral = Deferral(FAR, because, by, State.HELD)
    assert await line.run(scripts.defer(QUEUE, await line.running(one), deferral, "work"))


async def declare_breaker(line: Line) -> None:
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire, "breaker": "faults=3"}})


async def test_with_a_worker_and_nothing_to_do_it_is_idle_and_with_work_busy(line: Line):
    await beat(line)
    assert (await view(line)).condition == "idle"
    await line.put("a")
    assert (await view(line)).condition == "busy"


@pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD])
async def test_work_that_no_worker_will_do_is_told_in_every_state(line: Line, state: State):
    if state in (State.RETRYING, State.HELD):
        await (line.retry if state is State.RETRYING else line.defer)(await line.running("a"))
        if state is State.HELD:
            await hold(line, "b")
    else:
        await line.put("a", delay_ms=FAR if state is State.SCHEDULED else 0)
    assert (await view(line)).condition == "no worker"


@pytest.mark.parametrize("state", ["quiet", "draining"])
async def test_workers_that_claim_nothing_are_no_workers_of_a_queue(line: Line, state: str):
    await line.put("a")
    await beat(line, state=state)
    seen = await view(line)
    assert (seen.workers, seen.concurrency, seen.condition) == (0, 3, "no worker")


async def test_jobs_that_a_policy_holds_make_it_limited_and_tell_why(line: Line):
    await beat(line, "work")
    await hold(line, "a", "20 per min is used up")
    seen = await view(line)
    assert (seen.condition, seen.limited, seen.counts[State.HELD]) == ("limited", "20 per min is used up", 1)


async def test_a_parent_that_waits_for_its_children_is_no_trouble(line: Line):
    await beat(line, "work")
    await hold(line, "a", "waiting for 2 of 3 children", "its flow")
    seen = await view(line)
    assert (seen.condition, seen.limited, seen.unknown) == ("idle", "", ())


@pytest.mark.parametrize(("functions", "unknown"), [((), ("work",)), (("other",), ("work",)), (("work",), ())])
async def test_a_job_is_unknown_only_while_no_living_worker_knows_its_function(
    line: Line, functions: tuple[str, ...], unknown: tuple[str, ...]
):
    await beat(line, *functions)
    await hold(line, "a", f"{NO_CAPABLE_WORKER} 'work'", "w1")
    seen = await view(line)
    assert (seen.unknown, seen.condition) == (unknown, "unknown type" if unknown else "idle")


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"state": "open", "until": 1}, "breaker open"),
        ({"state": "half-open"}, "probing"),
        ({"state": "closed"}, "idle"),
        ({"state": "closed", "forced": "open", "forced_until": 0}, "breaker open"),
        ({"state": "closed", "forced": "open", "forced_until": 1}, "idle"),
        ({"state": "open", "forced": "closed", "forced_until": 9_999_999_999_999}, "idle"),
    ],
)
async def test_the_queues_own_breaker_is_told_as_it_is_forced_or_stands(
    line: Line, fields: dict[str, Any], condition: str
):
    await beat(line)
    await declare_breaker(line)
    await line.raw.hset(BREAKER, mapping=fields)
    assert (await view(line)).condition == condition


async def test_a_breaker_that_claims_do_not_ask_any_more_is_no_trouble_however_it_stands(line: Line):
    await beat(line)
    await declare_breaker(line)
    await line.raw.hset(BREAKER, mapping={"state": "open", "until": 1})
    await line.run(scripts.override(QUEUE.name, "breaker", "none", "ada", "", 0))
    assert ((await view(line)).condition, (await view(line)).breaker) == ("idle", BreakerState())
    assert (await observe.breaker(line.store, QUEUE.name)).condition == "off"
    await line.run(scripts.restore(QUEUE.name, "breaker", "ada", ""))
    assert (await view(line)).condition == "breaker open"


async def test_the_gravest_is_told_first(line: Line):
    await declare_breaker(line)
    await line.ended("dead", dead())
    await line.retry(await line.running("a"))
    await beat(line, "work")
    told = [(await view(line)).condition]
    await hold(line, "b")
    told.append((await view(line)).condition)
    await hold(line, "c", f"{NO_CAPABLE_WORKER} 'other'", "w1")
    told.append((await view(line)).condition)
    await line.store.retire("w1")
    told.append((await view(line)).condition)
    await line.raw.hset(BREAKER, mapping={"state": "open"})
    told.append((await view(line)).condition)
    await line.run(scripts.pause(QUEUE, "ada", ""))
    told.append((await view(line)).condition)
    assert told == ["dead letters", "limited", "unknown type", "no worker", "breaker open", "paused"]
