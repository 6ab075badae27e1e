"""A silence in which nobody could renew is nobody's fault: lapsed leases stay their owners' for one lease more."""

from arqlight_core.jobs import State
from arqlight_core.store import scripts
from tests.store.line import LEASE, Line


async def fall_silent(line: Line) -> None:
    """As if the server had last been heard of a lease ago."""
    await line.raw.hset(f"{line.queue.prefix}pulse", "heard", await line.store.time_ms() - LEASE)


async def test_after_a_silence_lapsed_jobs_are_left_to_their_owner_who_may_come_back(line: Line):
    lease = await line.running("a", "w1")
    await line.lapse(lease)
    await fall_silent(line)
    assert await line.claimed("w2") == []
    assert await line.renew(lease) == []
    assert await line.finish(lease) == [True]
    assert (await line.totals()).get("lapsed", 0) == 0


async def test_new_jobs_are_claimed_all_the_same(line: Line):
    await line.lapse(await line.running("a", "w1"))
    await line.put("b")
    await fall_silent(line)
    assert await line.claimed("w2") == ["b"]


async def test_an_owner_that_does_not_come_back_loses_its_job_one_lease_later(line: Line):
    await line.lapse(await line.running("a", "w1"))
    await fall_silent(line)
    assert await line.claimed("w2") == []
    await line.raw.hset(f"{line.queue.prefix}pulse", "spared", await line.store.time_ms() - 1)
    assert await line.claimed("w2") == ["a"]


async def test_a_worker_that_is_known_to_be_dead_is_not_waited_for(line: Line):
    await line.running("a", "w1")
    await fall_silent(line)
    await line.run(scripts.lapse(line.queue, "w1", b"", 500))
    assert await line.claimed("w2") == ["a"]


async def test_nor_is_one_whose_leases_had_lapsed_when_its_death_was_seen(line: Line):
    await line.lapse(await line.running("a", "w1"))
    await fall_silent(line)
    assert await line.claimed("w2") == []
    await line.run(scripts.lapse(line.queue, "w1", b"", 500))
    assert await line.claimed("w2") == ["a"]


async def test_what_is_left_to_its_owner_is_not_purged(line: Line):
    lease = await line.running("a", "w1")
    await line.lapse(lease)
    await line.raw.hset(f"{line.queue.prefix}pulse", "spared", await line.store.time_ms() + LEASE)
    assert await line.purge(State.WAITING) == 0
    assert await line.finish(lease) == [True]


async def test_without_a_silence_a_lapsed_job_is_taken_over_at_once(line: Line):
    await line.lapse(await line.running("a", "w1"))
    assert await line.claimed("w2") == ["a"]
