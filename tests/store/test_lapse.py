"""lapse.lua: what a worker that is known to be dead held is due at once, and nothing else is."""

from arqlight_core.jobs import State
from arqlight_core.store import scripts
from tests.store.line import Line


async def lapse(line: Line, worker: str = "w1", limit: int = 500) -> int:
    """Every chunk of the queue; answers how many leases were ended."""
    chunk = await line.run(scripts.lapse(line.queue, worker, b"", limit))
    ended = chunk.ended
    while chunk.cursor:
        chunk = await line.run(scripts.lapse(line.queue, worker, chunk.cursor, limit))
        ended += chunk.ended
    return ended


async def test_the_jobs_of_a_dead_worker_are_due_at_once(line: Line):
    await line.put("a", "b")
    await line.claim("w1")
    assert await lapse(line) == 2
    assert [await line.state(one) for one in "ab"] == [State.WAITING] * 2
    answer = await line.claim("w2")
    assert [job.lease.job_id for job in answer.jobs] == ["a", "b"]
    assert [job.lapses for job in answer.jobs] == [1, 1]


async def test_the_jobs_of_other_workers_run_on(line: Line):
    for worker in ("w1", "w10", "w"):
        await line.running(worker, worker)
    assert await lapse(line, "w1") == 1
    assert [await line.state(one) for one in ("w1", "w10", "w")] == [State.WAITING, State.ACTIVE, State.ACTIVE]


async def test_no_lapse_is_told_before_somebody_takes_over(line: Line):
    await line.running("a")
    await lapse(line)
    assert await line.events("lapse") == []
    await line.claim("w2")
    assert [event["by"] for event in await line.events("lapse")] == ["w2"]


async def test_a_worker_that_was_not_dead_after_all_may_still_finish(line: Line):
    lease = await line.running("a")
    await lapse(line)
    assert await line.finish(lease) == [True]


async def test_a_worker_without_jobs_changes_nothing(line: Line):
    await line.put("a")
    before = await line.picture()
    assert await lapse(line) == 0
    assert await line.picture() == before


async def test_what_is_due_again_wakes_a_worker(line: Line):
    await line.running("a")
    async with line.store.wakes([line.queue]) as woken:
        await lapse(line)
        assert await anext(woken) == line.queue.name


async def test_what_has_lapsed_already_keeps_its_place_in_the_line(line: Line):
    await line.lapse(await line.running("a"))
    before = await line.score("a")
    assert await lapse(line) == 1
    assert await line.score("a") == before
    assert await lapse(line) == 0


async def test_chunk_by_chunk_every_lease_of_the_dead_ends_though_others_come_and_go_between(line: Line):
    await line.put(*(f"living{n}" for n in range(300)))
    living = [job.lease for job in (await line.claim("w2", limit=300)).jobs]
    await line.put(*(f"dead{n}" for n in range(400)))
    await line.claim("w1", limit=400)
    ended, chunks, cursor = 0, 0, b""
    while not chunks or cursor:
        chunk = await line.run(scripts.lapse(line.queue, "w1", cursor, 100))
        assert chunk.ended <= 100
        ended, chunks, cursor = ended + chunk.ended, chunks + 1, chunk.cursor
        await line.finish(*living[:5])
        await line.renew(*living[-5:])
        living = living[5:-5]
    assert (ended, chunks <= 8) == (400, True)
    assert await line.raw.zcount(line.queue.index("active"), "-inf", 0) == 400
