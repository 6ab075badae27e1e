"""claim.lua: due jobs are leased once, oldest first, and a repeated call gets the same answer."""

import msgspec

from arqlight_core.jobs import State
from tests.store.line import FAR, LEASE, LOCK, PAYLOAD, Line


async def test_a_claim_gives_the_oldest_first_and_no_more_than_asked(line: Line):
    await line.put("c", "a", "b")
    await line.raw.zadd(line.queue.wire, {"c": 1, "b": 2, "a": 3})
    assert await line.claimed(limit=2) == ["c", "b"]
    assert await line.claimed(limit=2) == ["a"]


async def test_a_claimed_job_comes_whole(line: Line):
    await line.put("a")
    due = await line.score("a")
    answer = await line.claim("w7")
    [job] = answer.jobs
    assert (job.payload, job.attempt, job.due_ms, job.claimed_ms) == (PAYLOAD, 1, due, answer.now_ms)
    assert job.lease.owner == f"w7:{job.lease.fence}:{answer.now_ms}".encode()
    assert [job.lapses for job in answer.jobs] == [0]


async def test_a_claim_hides_the_job_until_its_lease_ends_and_holds_its_lock(line: Line):
    await line.put("a")
    answer = await line.claim()
    assert await line.score("a") == answer.now_ms + LEASE == await line.score("a", "active")
    assert await line.raw.get("arq:in-progress:a") == answer.jobs[0].lease.owner
    assert LOCK - 5_000 < await line.raw.pttl("arq:in-progress:a") <= LOCK
    assert await line.state("a") is State.ACTIVE


async def test_what_one_worker_runs_no_other_gets(line: Line):
    await line.put("a")
    await line.claim("w1")
    assert await line.claimed("w2") == []


async def test_what_a_stock_worker_holds_is_looked_at_again_soon(line: Line):
    """Were it put off by a lease, a Retry of the stock worker would come as much later."""
    await line.put("a")
    await line.raw.set("arq:in-progress:a", b"1", px=60_000)
    answer = await line.claim()
    assert answer.jobs == ()
    assert answer.now_ms < (await line.score("a") or 0) <= answer.now_ms + 500 < answer.now_ms + LEASE


async def test_fences_grow_with_every_claim(line: Line):
    await line.put("a", "b", "c")
    fences = [job.lease.fence for job in (await line.claim(limit=2)).jobs]
    fences += [job.lease.fence for job in (await line.claim("w2")).jobs]
    assert fences == sorted(set(fences))
    assert len(fences) == 3


async def test_a_repeated_claim_gets_the_same_jobs_again(line: Line):
    await line.put("a", "b", "c")
    first = await line.claim(limit=2, seq=7)
    before = await line.picture()
    again = await line.claim(limit=2, seq=7)
    assert again.jobs == tuple(msgspec.structs.replace(job, claimed_ms=again.now_ms) for job in first.jobs)
    assert await line.picture() == before


async def test_a_repeated_claim_leaves_out_what_was_settled_since(line: Line):
    await line.put("a", "b")
    first, second = (await line.claim(seq=7)).jobs
    await line.finish(first.lease)
    assert [job.lease for job in (await line.claim(seq=7)).jobs] == [second.lease]


async def test_two_workers_with_the_same_seq_do_not_share_a_claim(line: Line):
    await line.put("a", "b")
    one = await line.claim("w1", limit=1, seq=1)
    two = await line.claim("w2", limit=1, seq=1)
    assert [job.lease.job_id for job in (*one.jobs, *two.jobs)] == ["a", "b"]


async def test_a_claim_says_when_the_next_job_is_due(line: Line):
    assert (await line.claim()).next_due_ms == -1
    await line.put("later", delay_ms=FAR)
    assert FAR - 5_000 < (await line.claim()).next_due_ms <= FAR
    await line.put("a", "b")
    assert (await line.claim(limit=1)).next_due_ms == 0


async def test_three_hundred_running_jobs_do_not_starve_the_waiting_ones(line: Line):
    await line.put(*(f"running{n}" for n in range(300)))
    await line.claim("w1", limit=300)
    await line.put("a", "b")
    assert await line.claimed("w2", limit=2) == ["a", "b"]


async def test_an_id_whose_result_is_kept_and_whose_payload_is_gone_is_dropped(line: Line):
    await line.put("ghost", "a")
    await line.raw.delete("arq:job:ghost")
    await line.raw.set("arq:result:ghost", b"the first result")
    assert await line.claimed() == ["a"]
    assert await line.score("ghost") is None
    assert await line.raw.get("arq:result:ghost") == b"the first result"
    assert await line.raw.exists("arq:in-progress:ghost", "arq:retry:ghost") == 0


async def test_a_dropped_id_stays_in_no_index(line: Line):
    await line.defer(await line.running("ghost"), delay_ms=0)
    await line.put("late", delay_ms=1)
    await line.raw.delete("arq:job:ghost")
    await line.raw.set("arq:result:ghost", b"a stock worker ran it")
    await line.claim()
    assert await line.score("ghost", "scheduled") is None
    assert await line.score("ghost", "active") is None


async def test_a_job_whose_payload_is_gone_is_handed_over_empty(line: Line):
    await line.put("a")
    await line.raw.delete("arq:job:a")
    [job] = (await line.claim()).jobs
    assert job.payload == b""
    assert await line.state("a") is State.ACTIVE


async def test_waits_are_measured_in_the_minute_of_the_claim(line: Line):
    await line.put("a", "b", "c")
    now = await line.store.time_ms()
    await line.raw.zadd(line.queue.wire, {"a": now - 40_000, "b": now - 40_000, "c": now - 10_000_000})
    answer = await line.claim()
    bins = await line.raw.hgetall(f"{line.queue.prefix}minute:{answer.now_ms // 60_000}")
    assert {k: v for k, v in bins.items() if k.startswith(b"w")} == {b"w15": b"2", b"w20": b"1"}


async def test_an_id_that_is_no_text_is_claimed_and_settled_as_it_is(line: Line):
    strange = b"\xff\xfe job"
    await line.raw.set(b"arq:job:" + strange, PAYLOAD)
    await line.raw.zadd(line.queue.wire, {strange: 1})
    [job] = (await line.claim()).jobs
    assert await line.renew(job.lease) == []
    assert await line.finish(job.lease) == [True]
    assert await line.raw.zcard(line.queue.wire) == 0
    assert await line.raw.exists(b"arq:job:" + strange) == 0
