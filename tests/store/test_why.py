"""Why a job is not running, read from a real server: where it stands in line, and what its queue is in."""

from typing import Any

import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import Kind, Why
from arqlight_core.policy import MINUTE, Priority
from arqlight_core.store import scripts
from arqlight_core.store.scripts import NewJob, Steering
from tests.store.line import FAR, PAYLOAD, QUEUE, Line, dead, failed
from tests.store.story import Story
from tests.unit.steered import beat

MEDIUM, HIGH = Priority.MEDIUM.lane, Priority.HIGH.lane


async def serve(line: Line, worker: str = "w1", concurrency: int = 5, **told: Any) -> None:
    """A worker of the queue tells of itself."""
    queues = {QUEUE.name: {"running": 0, "concurrency": concurrency}}
    known: dict[str, Any] = {"queues": queues, "functions": ["work"]}
    await beat(line.store, worker, **(known | told))


async def why(line: Line, job_id: str = "a") -> Why:
    return await observe.why(line.store, job_id)


async def kinds(line: Line, job_id: str = "a") -> list[Kind]:
    return [reason.kind for reason in (await why(line, job_id)).reasons]


async def ahead(line: Line, job_id: str) -> int:
    told = await line.run(scripts.ahead(QUEUE, job_id))
    assert told is not None
    return told.ahead


# ------------------------------------------------------------------ the line


async def test_the_number_ahead_counts_what_is_claimed_before_it_whatever_its_priority(line: Line):
    await line.put("low-1", "low-2")
    await line.put("high", lane=HIGH)
    await line.put("medium", lane=MEDIUM)
    order = ["high", "medium", "low-1", "low-2"]
    assert [await ahead(line, one) for one in order] == [0, 1, 2, 3]
    assert await line.claimed() == order


async def test_jobs_that_came_due_since_the_last_claim_count_with_their_head_start(line: Line):
    await line.put("medium", lane=MEDIUM, delay_ms=20)
    await line.put("high", lane=HIGH, delay_ms=30)
    await line.put("low-1")
    await line.passed(int(await line.score("high") or 0))
    await line.put("low-2")
    order = ["high", "medium", "low-1", "low-2"]
    assert [await ahead(line, one) for one in order] == [0, 1, 2, 3]
    assert await line.claimed() == order


async def test_since_when_a_job_has_been_due_does_not_depend_on_its_priority(line: Line):
    began = await line.store.time_ms()
    await line.put("high", lane=HIGH)
    await line.put("medium", lane=MEDIUM, delay_ms=20)
    await line.passed(int(await line.score("medium") or 0))
    for job_id in ("high", "medium"):
        told = await line.run(scripts.ahead(QUEUE, job_id))
        assert told is not None
        assert began <= told.since_ms <= await line.store.time_ms()


@pytest.mark.parametrize("job_id", ["later", "running", "nobody"])
async def test_what_is_not_due_is_not_in_line(line: Line, job_id: str):
    await line.running("running")
    await line.put("later", delay_ms=FAR)
    assert await line.run(scripts.ahead(QUEUE, job_id)) is None


async def test_running_jobs_are_not_ahead(line: Line):
    await line.put("a", "b", "c")
    assert await line.claimed(limit=1) == ["a"]
    assert await ahead(line, "c") == 1


async def test_the_wait_goes_by_how_many_are_claimed_a_second(line: Line):
    await serve(line)
    await line.put(*(f"done-{n:03}" for n in range(120)))
    assert len((await line.claim(limit=120)).jobs) == 120
    await line.put(*(f"left-{n:03}" for n in range(61)))
    # 120 within the minute before now, as far as the minute that runs has gone: 2/s, or a little less
    [reason] = [one for one in (await why(line, "left-060")).reasons if one.kind is Kind.LINE]
    assert reason.text == "waiting: 60 ahead, about 30 s at 2.0/s"


# ------------------------------------------------------------------ the queue


async def test_a_job_that_nothing_keeps_waits_for_its_turn_alone(line: Line):
    await serve(line)
    await line.put("a")
    assert await kinds(line) == [Kind.LINE]
    assert (await why(line)).line == "next in line, and due for 0 s"


async def test_a_pause_says_who_and_why(line: Line):
    await serve(line)
    await line.put("a")
    await line.run(scripts.pause(QUEUE, "ada", "deploy"))
    told = (await why(line)).reasons[0]
    assert (told.kind, told.text, told.by) == (Kind.PAUSED, "paused by ada 0 s ago: deploy", "ada")
    assert told.remedy == f"arqlight resume {QUEUE.name}"


async def test_a_queue_without_workers_says_so_until_one_lives(line: Line):
    await line.put("a")
    assert (await why(line)).line == "no worker serves this queue"
    await serve(line, functions=["other"])
    assert (await why(line)).line == "no living worker knows job type work"
    await serve(line, "w2")
    assert await kinds(line) == [Kind.LINE]


async def test_quiet_workers_are_told_with_who_wants_them_quiet(line: Line):
    now = await line.store.time_ms()
    await line.put("a")
    await serve(line, state="quiet", request={"what": "quiet", "by": "ada", "reason": "deploy", "at_ms": now})
    told = (await why(line)).reasons[0]
    assert told.text == "its only worker takes nothing new, asked by ada 0 s ago: deploy"
    assert (told.remedy, told.by) == ("arqlight resume-worker w1", "ada")


async def test_a_queues_own_breaker_is_told_while_it_lets_nobody_in(line: Line):
    told = {"wire": QUEUE.wire, "purpose": "to be tested", "breaker": "faults=1, open_for=1 min"}
    await line.store.publish_queues({QUEUE.name: told})
    await serve(line)
    await line.put("a")
    assert await kinds(line) == [Kind.LINE]
    await line.run(scripts.steer(QUEUE, "", Steering("open", FAR, "ada", "provider is down")))
    reason = (await why(line)).reasons[0]
    assert (reason.kind, reason.by, reason.name) == (Kind.BREAKER, "ada", QUEUE.name)
    assert reason.text.startswith(f"breaker {QUEUE.name} is forced open by ada until ")
    assert reason.remedy == f"arqlight reset-breaker {QUEUE.name}"


async def test_a_full_fleet_and_full_workers_are_told(line: Line):
    told = {"wire": QUEUE.wire, "settings": {"fleet_concurrency": "none"}}
    await line.store.publish_queues({QUEUE.name: told})
    await serve(line, concurrency=2)
    await line.put("a", "b", "c")
    assert len((await line.claim(limit=2)).jobs) == 2
    assert (await why(line, "c")).line == "all 2 places of its only worker are taken"
    await line.run(scripts.override(QUEUE.name, "fleet_concurrency", "2", "ada", "rush", 0))
    assert (await why(line, "c")).line == "2 of at most 2 run in the whole fleet, set by ada: rush"


# ------------------------------------------------------------------ the job


async def test_a_deferred_a_retrying_and_a_held_job_say_until_when(line: Line):
    await serve(line)
    await line.put("later", delay_ms=FAR)
    assert await line.retry(await line.running("again"))
    assert await line.defer(await line.running("held"), state=State.HELD)
    assert await line.defer(await line.running("snoozed"))
    lines = [(await why(line, one)).line for one in ("later", "again", "held", "snoozed")]
    starts = ("scheduled for ", "attempt 2 is due ", "held by limiter until ", "put off by limiter until ")
    ends = (" 10 min from now", ", after Broken: it broke", ": rate limit", ": rate limit")
    assert all(
        told.startswith(start) and told.endswith(end) for told, start, end in zip(lines, starts, ends, strict=True)
    )
    [reason] = (await why(line, "again")).reasons
    assert (reason.kind, reason.by, reason.until_ms) == (
        Kind.RETRY,
        "retry policy",
        await line.score("again", "retrying"),
    )


async def test_a_parent_says_how_many_children_it_waits_for(line: Line, story: Story):
    await serve(line)
    await story.waiting(5)
    await story.end(0, outcome="dead")
    assert (await why(line, "p")).line == "waiting for 4 of 5 children, 1 dead so far"


async def test_a_running_job_says_where_and_how_far_it_is(line: Line):
    await serve(line)
    await line.progress(await line.running("a"))
    assert (await why(line)).line == "running on w1 for 0 s, 30% done, reading"
    await line.running("b", "gone")
    assert [reason.kind for reason in (await why(line, "b")).reasons] == [Kind.LOST, Kind.RUNNING]


async def test_a_job_whose_lease_has_lapsed_says_whose(line: Line):
    await serve(line)
    await line.lapse(await line.running("a", "w9"))
    assert "its worker w9 stopped renewing its lease" in (await why(line)).line


async def test_an_ended_job_says_when_and_why(line: Line):
    await line.ended("a", dead("failed 3 of 3 attempts", failure=failed("row 7\nmore")))
    told = await why(line)
    assert told.line.endswith(": failed 3 of 3 attempts; Broken: row 7; retry it with `arqlight retry test:line a`")
    [reason] = told.reasons
    assert (reason.kind, reason.since_ms) == (Kind.ENDED, await line.score("a", "dead"))
    await line.finish(await line.running("b"))
    assert (await why(line, "b")).line.startswith("completed ")


async def test_a_job_that_nobody_knows_is_refused_as_everywhere(line: Line):
    with pytest.raises(JobNotFound, match="There is no job nobody"):
        await why(line, "nobody")


async def test_a_stock_producers_job_is_found_and_explained(line: Line, stock: ArqRedis):
    await serve(line)
    job = await stock.enqueue_job("work", _defer_by=MINUTE)
    assert job is not None
    assert (await why(line, job.job_id)).line.startswith("scheduled for ")


async def test_the_cost_does_not_depend_on_the_number_of_jobs(line: Line):
    await serve(line)
    jobs = [NewJob(f"j{n:05}", PAYLOAD) for n in range(5_000)]
    await line.run(scripts.enqueue(QUEUE, jobs))
    before = await line.raw.info("commandstats")
    assert (await why(line, "j04999")).line.startswith("waiting: 4,999 ahead")
    after = await line.raw.info("commandstats")
    assert sum(one["calls"] for one in after.values()) - sum(one["calls"] for one in before.values()) < 150


async def test_a_type_that_is_not_known_any_more_is_told_of_a_due_job(line: Line):
    await serve(line)
    await line.put("a", payload=encode_job(Envelope("crm.old", (), {}, 1_000)))
    assert (await why(line)).line == "no living worker knows job type crm.old"
