"""How many jobs of a queue run in the whole fleet, and who is told when there is room again."""

import pytest

from tests.store.line import FAR, LEASE, Line, dead


async def full(line: Line) -> None:
    """Two of three jobs run, and no more may."""
    await line.put("a", "b", "c")
    assert len((await line.claim("w1", fleet_concurrency=2)).jobs) == 2
    answer = await line.claim("w2", fleet_concurrency=2)
    assert (answer.why, answer.jobs) == ("full", ())


async def test_no_more_run_than_the_fleet_may_however_many_workers_ask(line: Line):
    await line.put(*"abcdefgh")
    taken = [len((await line.claim(f"w{n}", limit=2, fleet_concurrency=5)).jobs) for n in range(5)]
    assert taken == [2, 2, 1, 0, 0]


async def test_a_job_whose_worker_went_down_takes_up_no_room(line: Line):
    await line.put("a", "b")
    [job] = (await line.claim("w1", fleet_concurrency=1)).jobs
    await line.lapse(job.lease)
    assert len((await line.claim("w2", fleet_concurrency=1)).jobs) == 1


async def test_jobs_that_are_left_to_their_owners_after_a_silence_still_take_up_room(line: Line):
    await line.put("a", "b")
    [job] = (await line.claim("w1", limit=1)).jobs
    await line.lapse(job.lease)
    await line.raw.hset(f"{line.queue.prefix}pulse", "heard", await line.store.time_ms() - LEASE)
    assert (await line.claim("w2", fleet_concurrency=1)).why == "full"


@pytest.mark.parametrize("end", ["finish", "retry", "defer", "release", "bury"])
async def test_whoever_ends_a_job_wakes_those_who_found_no_room(line: Line, end: str):
    await line.put("x")
    lease = await line.lease("w1")
    await line.put("a")
    assert (await line.claim("w2", fleet_concurrency=1)).why == "full"
    async with line.raw.pubsub(ignore_subscribe_messages=True) as heard:
        await heard.subscribe(line.queue.wake)
        match end:
            case "finish":
                await line.finish(lease)
            case "bury":
                await line.bury(lease, dead())
            case "release":
                await line.release(lease)
            case "retry":
                await line.retry(lease, FAR)
            case _:
                await line.defer(lease, FAR)
        assert [await heard.get_message(timeout=1.0) for _ in range(2)][-1]
    assert len((await line.claim("w2", fleet_concurrency=1)).jobs) == 1


async def test_it_is_full_until_somebody_is_done(line: Line):
    await full(line)
    assert (await line.claim("w3", fleet_concurrency=2)).why == "full"
    assert len((await line.claim("w3", fleet_concurrency=3)).jobs) == 1
