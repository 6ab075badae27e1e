"""A queue's own breaker: claims hand out nothing while it is open, results decide, and no second call is made."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.jobs import Lease, State
from arqlight_core.operations import close_breaker, reset_breaker, trip_breaker
from arqlight_core.policy import Breaker
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Burial, Claim, Retrial, breaker_rules
from tests.store.gate import quick
from tests.store.line import FAR, Line, failed


class Guarded(Line):
    """A queue with a breaker."""

    rules: Breaker = quick()

    async def take(self, limit: int = 1, worker: str = "w1", lease_ms: int = FAR) -> Claim:
        return await self.claim(worker, limit, lease_ms, breaker=breaker_rules(self.rules))

    async def next(self, worker: str = "w1", lease_ms: int = FAR) -> Lease:
        [job] = (await self.take(1, worker, lease_ms)).jobs
        return job.lease

    async def fault(self, lease: Lease, delay_ms: int = FAR) -> None:
        assert await self.run(scripts.retry(self.queue, lease, Retrial(delay_ms, failed(), "E: e", "work", "fault")))

    async def trip(self) -> None:
        names = [f"failing{number}" for number in range(self.rules.opens_at)]
        await self.put(*names)
        for _ in names:
            await self.fault(await self.next())

    async def open_long_enough(self) -> None:
        """As if its time had passed."""
        await self.raw.hset(f"{self.queue.prefix}breaker:", "until", await self.store.time_ms())

    async def half_open(self) -> None:
        await self.trip()
        await self.open_long_enough()

    async def field(self, name: str) -> str:
        return (await self.raw.hget(f"{self.queue.prefix}breaker:", name) or b"").decode()


@pytest.fixture
async def guarded(line: Line) -> Guarded:
    told: dict[str, Any] = {"wire": line.queue.wire, "breaker": "faults=3"}
    await line.store.publish_queues({line.queue.name: told})
    return Guarded(line.store, line.raw)


async def test_a_queue_without_a_breaker_keeps_nothing_of_one(line: Line):
    for number in range(10):
        await line.retry(await line.running(f"job{number}"))
    await line.finish(await line.running("done"))
    assert await line.raw.keys("*breaker*") == []


async def test_open_it_hands_out_nothing_and_jobs_stay_where_they_are(guarded: Guarded):
    await guarded.trip()
    await guarded.put("a", "b")
    claim = await guarded.take(10)
    assert (claim.why, claim.jobs) == ("breaker", ())
    assert 50_000 < claim.next_due_ms <= 60_000
    assert await guarded.state("a") is State.WAITING
    assert await guarded.raw.get("arq:retry:a") is None


async def test_an_empty_queue_is_not_told_to_be_held(guarded: Guarded):
    await guarded.trip()
    assert (await guarded.take()).why == ""


async def test_a_failure_that_is_no_fault_does_not_count(guarded: Guarded):
    for number in range(5):
        await guarded.put(f"job{number}")
        await guarded.retry(await guarded.next())
    assert await guarded.field("state") == ""


async def test_a_success_starts_the_row_anew_also_in_a_batch(guarded: Guarded):
    await guarded.put(*"abcdefg")
    for _ in range(2):
        await guarded.fault(await guarded.next())
    await guarded.finish(await guarded.next(), await guarded.next())
    for _ in range(2):
        await guarded.fault(await guarded.next())
    assert await guarded.field("state") == ""


async def test_jobs_that_end_as_dead_by_a_fault_count(guarded: Guarded):
    await guarded.put(*"abc")
    for _ in range(3):
        end = Burial("dead", "failed 1 of 1", failed(), "E: e", b"", 0, verdict="fault")
        assert await guarded.bury(await guarded.next(), end)
    assert await guarded.field("state") == "open"


async def test_a_job_that_is_misconfigured_opens_it_at_once(guarded: Guarded):
    await guarded.put("a")
    end = Burial("dead", "misconfigured", failed(), "E: e", b"", 0, verdict="config")
    await guarded.bury(await guarded.next(), end)
    assert await guarded.field("state") == "open"


async def test_half_open_it_hands_out_no_more_than_its_quota_of_probes(guarded: Guarded):
    guarded.rules = quick(probes=2)
    await guarded.half_open()
    await guarded.put(*"abcde")
    claim = await guarded.take(10)
    assert (len(claim.jobs), claim.why) == (2, "breaker")
    assert ((await guarded.take(10, "w2")).why, (await guarded.take(10, "w2")).jobs) == ("breaker", ())
    await guarded.finish(claim.jobs[0].lease)
    assert len((await guarded.take(10)).jobs) == 1


async def test_probes_that_go_well_close_it_and_wake_the_workers(guarded: Guarded):
    await guarded.half_open()
    await guarded.put(*"abc")
    async with guarded.store.wakes([guarded.queue]) as woken:
        await guarded.finish(await guarded.next())
        await guarded.finish(await guarded.next())
        async with asyncio.timeout(5):
            assert await anext(aiter(woken)) == guarded.queue.name
    assert await guarded.field("state") == "closed"
    turns = [(told["from"], told["to"]) for told in await guarded.events("breaker")]
    assert turns == [("closed", "open"), ("open", "half-open"), ("half-open", "closed")]


async def test_a_probe_that_fails_opens_it_again(guarded: Guarded):
    await guarded.half_open()
    await guarded.put(*"ab")
    await guarded.fault(await guarded.next())
    assert (await guarded.take()).why == "breaker"
    assert (await guarded.field("state"), await guarded.field("trips")) == ("open", "2")


@pytest.mark.parametrize("how", ["defer", "release", "retry"])
async def test_a_probe_whose_end_says_nothing_makes_room_for_another(guarded: Guarded, how: str):
    await guarded.half_open()
    await guarded.put(*"ab")
    lease = await guarded.next()
    assert await getattr(guarded, how)(lease)
    assert len((await guarded.take(10)).jobs) == 1
    assert await guarded.field("state") == "half-open"


async def test_a_dead_probes_place_is_free_when_its_lease_is_over(guarded: Guarded):
    await guarded.half_open()
    await guarded.put(*"ab")
    dead = await guarded.next(lease_ms=400)
    assert (await guarded.take(10)).jobs == ()
    await guarded.lapse(dead)
    assert len((await guarded.take(10, "w2")).jobs) == 1
    assert (await guarded.take(10, "w3")).jobs == ()


async def test_a_result_of_before_its_last_turn_is_stale(guarded: Guarded):
    await guarded.put(*"abcd")
    early = [job.lease for job in (await guarded.take(4)).jobs]
    await guarded.half_open()
    await guarded.put("probe")
    await guarded.next()
    await guarded.finish(*early[:2])
    await guarded.fault(early[2])
    assert (await guarded.field("state"), await guarded.field("passed")) == ("half-open", "0")


async def test_a_fault_of_before_it_opened_does_not_count_when_it_is_closed_again(guarded: Guarded):
    await guarded.put("early")
    early = await guarded.next()
    await guarded.half_open()
    await guarded.put(*"ab")
    for _ in range(2):
        await guarded.finish(await guarded.next())
    await guarded.fault(early)
    view = await observe.breaker(guarded.store, guarded.queue.name)
    assert (view.state, view.in_a_row, view.faults) == ("closed", 0, 0)


async def test_what_ran_when_it_opened_does_not_take_a_probes_place(guarded: Guarded):
    await guarded.put("early")
    await guarded.next()
    await guarded.half_open()
    await guarded.put("probe")
    assert len((await guarded.take(10)).jobs) == 1


async def test_once_closed_the_flow_grows(guarded: Guarded):
    guarded.rules = quick(probes=1, successes=1, ramp=timedelta(seconds=10))
    await guarded.half_open()
    await guarded.put(*(f"job{number}" for number in range(20)))
    await guarded.finish(await guarded.next())
    claim = await guarded.take(10)
    assert (len(claim.jobs), claim.why) == (1, "breaker")
    claim = await guarded.take(10)
    assert (claim.jobs, claim.why, 0 < claim.next_due_ms <= 1_000) == ((), "breaker", True)
    await guarded.passed(int(await guarded.field("since")) + 1_000)
    assert len((await guarded.take(10)).jobs) == 2


async def test_a_repeated_claim_takes_no_second_probe(guarded: Guarded):
    await guarded.half_open()
    await guarded.put(*"ab")
    rules = breaker_rules(guarded.rules)
    first = await guarded.claim(seq=77, breaker=rules)
    assert [job.lease for job in (await guarded.claim(seq=77, breaker=rules)).jobs] == [first.jobs[0].lease]
    assert (await guarded.take(10)).jobs == ()


async def test_a_repeated_result_counts_once(guarded: Guarded):
    await guarded.half_open()
    await guarded.put(*"ab")
    lease = await guarded.next()
    await guarded.finish(lease, seq=5)
    await guarded.finish(lease, seq=5)
    assert await guarded.field("passed") == "1"
    probe = await guarded.next()
    await guarded.fault(probe)
    await guarded.fault(probe)
    assert await guarded.field("trips") == "2"


async def test_an_operator_can_hold_a_queue_and_let_it_go(guarded: Guarded):
    name = guarded.queue.name
    await guarded.put(*"ab")
    await trip_breaker(guarded.store, name, actor="ada", reason="storm")
    assert (await guarded.take()).why == "breaker"
    view = await observe.breaker(guarded.store, name)
    assert (view.kind, view.condition, view.state) == ("queue", "forced open", "closed")
    await close_breaker(guarded.store, name, actor="ada")
    await guarded.fault(await guarded.next())
    await reset_breaker(guarded.store, name, actor="ada")
    assert (await observe.breaker(guarded.store, name)).in_a_row == 0
    assert len((await guarded.take()).jobs) == 1


async def test_a_job_that_a_policy_held_says_so_when_it_is_claimed(guarded: Guarded):
    await guarded.put("a", "b")
    await guarded.defer(await guarded.next(), delay_ms=20, state=State.HELD)
    await guarded.passed(await guarded.store.time_ms() + 20)
    assert {job.lease.job_id: job.was_held for job in (await guarded.take(2)).jobs} == {"a": True, "b": False}
