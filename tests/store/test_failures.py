"""Failures are counted in groups: whom they met, when, and how often they ended a job; never more than is bounded."""

from dataclasses import replace
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.errors import FailureNotFound, QueueNotFound
from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import State
from arqlight_core.observe import FailureGroup
from arqlight_core.observe.failures import CHUNK, GROUPS_KEPT, HOURS_KEPT, OTHERS
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Call, Grouping, Retrial, script
from tests.store.line import QUEUE, Line, cancelled, dead, failed, lease_of

DAY, MONTH = 86_400_000, 30 * 86_400_000
ELSEWHERE = QueueKeys.declared("test:elsewhere")


def grouping(message: str = "no tariff", tenant: str = "") -> Grouping:
    told = fingerprint("LookupError", message, "shop:price")
    return Grouping(told.id, told.error, told.pattern, told.frame, tenant)


BUG, OTHER = grouping(), grouping("no customer")


async def fail(line: Line, job: str, of: Grouping = BUG, worker: str = "w1", job_type: str = "work") -> None:
    again = Retrial(0, failed(), "LookupError", job_type, grouping=of)
    assert await line.run(scripts.retry(line.queue, await line.running(job, worker), again))
    await line.finish(await line.lease())  # so that the next one is alone in line


async def groups(line: Line, *queues: str) -> tuple[FailureGroup, ...]:
    return await observe.failures(line.store, queues or None)


async def only(line: Line) -> FailureGroup:
    [group] = await groups(line)
    return group


def key(of: Grouping = BUG) -> str:
    return f"{QUEUE.prefix}failure:{of.fingerprint}"


async def test_failures_of_one_fingerprint_are_one_group(line: Line):
    before = await line.store.time_ms()
    for job in "abc":
        await fail(line, job)
    await line.passed(await line.store.time_ms())
    await fail(line, "d", OTHER)
    newest, first = await groups(line)
    assert (newest.fingerprint, newest.count) == (OTHER.fingerprint, 1)
    assert (first.fingerprint, first.count, first.dead) == (BUG.fingerprint, 3, 0)
    assert (first.error, first.pattern, first.frame) == ("LookupError", "no tariff", "shop:price")
    assert first.title == "LookupError: no tariff"
    assert before <= first.first_ms <= first.last_ms <= newest.first_ms <= first.at_ms
    assert (first.sample_job, first.sample_queue) == ("c", QUEUE.name)
    assert first.is_new
    assert not first.is_new_since(first.first_ms)
    assert (sum(first.trend), len(first.trend), first.trend[-1] + first.trend[-2]) == (3, HOURS_KEPT, 3)


async def test_a_group_says_how_many_jobs_it_has_ended(line: Line):
    await fail(line, "a")
    assert await line.bury(await line.running("b"), replace(dead(failure=failed()), grouping=BUG))
    group = await only(line)
    assert (group.count, group.dead) == (2, 1)


async def test_a_job_that_died_without_having_run_belongs_to_a_group_and_has_no_failed_attempt(line: Line):
    assert await line.bury(await line.running("a"), replace(dead("poison: 2 went down"), grouping=BUG))
    assert (await only(line)).dead == 1
    view = await observe.job(line.store, "a")
    assert view.failures == ()


async def test_a_cancelled_job_is_no_failure(line: Line):
    await line.ended("a", cancelled())
    assert await groups(line) == ()


async def test_a_list_of_jobs_tells_their_fingerprints(line: Line):
    again = Retrial(600_000, failed(), "E", "work", grouping=OTHER)
    assert await line.run(scripts.retry(QUEUE, await line.running("r"), again))
    assert await line.bury(await line.running("a"), replace(dead(failure=failed()), grouping=BUG))
    await line.ended("b", dead())
    told = {row.id: row.fingerprint for row in (await observe.window(line.store, QUEUE.name, State.DEAD, 0, 10)).rows}
    assert told == {"a": BUG.fingerprint, "b": ""}
    [row] = (await observe.window(line.store, QUEUE.name, State.RETRYING, 0, 10)).rows
    assert row.fingerprint == OTHER.fingerprint


async def test_a_call_that_is_repeated_or_refused_counts_nothing_more(line: Line):
    lease = await line.running("a")
    again = Retrial(600_000, failed(), "E", "work", grouping=BUG)
    assert await line.run(scripts.retry(QUEUE, lease, again))
    assert await line.run(scripts.retry(QUEUE, lease, again))
    assert not await line.run(scripts.retry(QUEUE, lease_of("a"), again))
    assert (await only(line)).count == 1


async def test_a_group_is_spread_over_types_tenants_and_workers_the_most_frequent_first(line: Line):
    for job, tenant, worker in (("a", "bolt", "w1"), ("b", "acme", "w2"), ("c", "acme", "w2"), ("d", "", "w2")):
        await fail(line, job, grouping(tenant=tenant), worker, f"type.{worker}")
    group = await only(line)
    assert list(group.workers.items()) == [("w2", 3), ("w1", 1)]
    assert list(group.tenants.items()) == [("acme", 2), ("bolt", 1)]
    assert list(group.job_types.items()) == [("type.w2", 3), ("type.w1", 1)]
    assert group.queues == {QUEUE.name: 4}


async def test_of_many_names_twenty_are_told_and_the_rest_together(line: Line):
    for number in range(23):
        await fail(line, f"{number:02}", grouping(tenant=f"t{number:02}" * 200))
    await fail(line, "again", grouping(tenant="t00" * 200))
    tenants = (await only(line)).tenants
    assert len(tenants) == 21
    assert list(tenants.items())[-1] == (OTHERS, 3)
    assert next(iter(tenants.values())) == 2
    assert max(map(len, tenants)) == 100


async def test_a_queue_keeps_five_hundred_groups_those_seen_last(line: Line):
    now = await line.store.time_ms()
    names = {f"{number:012x}": now - 1_000 + number for number in range(GROUPS_KEPT)}
    await line.raw.zadd(f"{QUEUE.prefix}failures", names)
    for name, last in names.items():
        await line.raw.hset(f"{QUEUE.prefix}failure:{name}", mapping={"count": 1, "first": now, "last": last})
    await fail(line, "a")
    found = await groups(line)
    assert len(found) == GROUPS_KEPT
    assert found[0].fingerprint == BUG.fingerprint
    assert await line.raw.exists(f"{QUEUE.prefix}failure:{0:012x}") == 0
    assert await line.raw.exists(f"{QUEUE.prefix}failure:{1:012x}") == 1


async def test_groups_are_forgotten_thirty_days_after_their_last_failure(line: Line):
    await fail(line, "a", OTHER)
    await line.raw.zadd(f"{QUEUE.prefix}failures", {OTHER.fingerprint: await line.store.time_ms() - MONTH})
    await fail(line, "b")
    assert [group.fingerprint for group in await groups(line)] == [BUG.fingerprint]
    for one in (key(), f"{QUEUE.prefix}failures"):
        assert MONTH - 60_000 < await line.raw.pttl(one) <= MONTH


async def test_the_trend_covers_two_days_and_no_more(line: Line):
    hour = await line.store.time_ms() // 3_600_000
    ours = {f"hour:{hour - ago}": ago for ago in (1, 2, HOURS_KEPT - 2, HOURS_KEPT + 1, 900, -5)}
    await line.raw.hset(key(), mapping=ours)
    await fail(line, "a")
    trend = (await only(line)).trend
    assert sum(trend) == 1 + 1 + 2 + HOURS_KEPT - 2
    kept = [name for name in await line.raw.hkeys(key()) if name.startswith(b"hour:")]
    assert len(kept) == 4


async def test_one_bug_in_two_queues_is_one_group(line: Line):
    await line.store.publish_queues({ELSEWHERE.name: {"wire": ELSEWHERE.wire}})
    there = Line(line.store, line.raw, ELSEWHERE)
    await fail(line, "a", grouping(tenant="acme"))
    await fail(there, "b", grouping(tenant="acme"))
    await line.passed(await line.store.time_ms())
    await fail(there, "c", grouping(tenant="bolt"))
    group = await only(line)
    assert (group.count, group.queues) == (3, {ELSEWHERE.name: 2, QUEUE.name: 1})
    assert list(group.queues) == [ELSEWHERE.name, QUEUE.name]
    assert (group.tenants, group.job_types, sum(group.trend)) == ({"acme": 2, "bolt": 1}, {"work": 3}, 3)
    assert (group.sample_job, group.sample_queue) == ("c", ELSEWHERE.name)
    assert group == replace(await observe.failure(line.store, BUG.fingerprint), at_ms=group.at_ms)
    [own] = await groups(line, QUEUE.name)
    assert (own.count, own.first_ms) == (1, group.first_ms)


async def test_what_is_not_known_is_said_not_to_be(line: Line):
    with pytest.raises(FailureNotFound, match="fingerprint 0123456789ab"):
        await observe.failure(line.store, "0123456789ab")
    with pytest.raises(QueueNotFound, match="known are: test:line"):
        await groups(line, "nowhere")


async def test_neither_counting_a_failure_nor_reading_groups_takes_five_milliseconds(line: Line):
    """In a queue that is full of groups, each with all the names and hours that it may have."""
    now = await line.store.time_ms()
    full = {f"{kind}:{number}": 1 for kind in ("type", "tenant", "worker") for number in range(21)}
    full |= {f"hour:{now // 3_600_000 - ago}": 1 for ago in range(1, HOURS_KEPT)}
    names = [f"{number:012x}" for number in range(GROUPS_KEPT)]
    await line.raw.zadd(f"{QUEUE.prefix}failures", dict.fromkeys(names, now))
    for name in [*names, BUG.fingerprint]:
        await line.raw.hset(f"{QUEUE.prefix}failure:{name}", mapping={**full, "count": 1})
    again = Retrial(0, failed(), "LookupError", "work", grouping=BUG)
    settling = scripts.retry(QUEUE, await line.running("a"), again)
    for call in (settling, scripts.failures(QUEUE, "", 0, CHUNK)):
        assert await micros(line, call) < 5_000


async def micros(line: Line, call: Call[Any]) -> int:
    """How long the server is at it, its script being known to it."""
    await line.raw.script_load(script(call.name).source)
    await line.raw.config_resetstat()
    await line.run(call)
    told = await line.raw.info("commandstats")
    return sum(stats["usec"] for name, stats in told.items() if name.startswith("cmdstat_evalsha"))
