"""Jobs that take workers down: who is suspected, who is condemned, and who was merely there."""

from arqlight_core.jobs import ClaimedJob, Suspicion
from arqlight_core.store import scripts
from tests.store.line import Line


async def claim(line: Line, worker: str, **appetite: int) -> dict[str, ClaimedJob]:
    answer = await line.claim(worker, **({"poison_after": 2} | appetite))
    return {job.lease.job_id: job for job in answer.jobs}


async def crash(line: Line, worker: str) -> None:
    await line.run(scripts.lapse(line.queue, worker, b"", 500))


def suspicions(jobs: dict[str, ClaimedJob]) -> dict[str, Suspicion]:
    return {name: job.suspicion for name, job in jobs.items()}


async def test_a_job_that_was_alone_each_time_is_poison_after_so_many_workers(line: Line):
    await line.put("pill")
    for worker, expected in (("w1", Suspicion.NONE), ("w2", Suspicion.NONE), ("w3", Suspicion.POISON)):
        assert suspicions(await claim(line, worker)) == {"pill": expected}
        await crash(line, worker)


async def test_jobs_that_went_down_together_are_suspects_and_run_one_to_a_worker(line: Line):
    await line.put("a", "b", "c")
    for worker in ("w1", "w2"):
        assert set(suspicions(await claim(line, worker)).values()) == {Suspicion.NONE}
        await crash(line, worker)
    held = [suspicions(await claim(line, worker)) for worker in ("w3", "w4", "w5")]
    assert sorted(name for one in held for name in one) == ["a", "b", "c"]
    assert all(list(one.values()) == [Suspicion.SUSPECT] for one in held)


async def test_a_worker_that_may_take_no_suspect_takes_the_others_and_leaves_it_to_the_next(line: Line):
    await line.put("a", "b")
    for worker in ("w1", "w2"):
        await claim(line, worker)
        await crash(line, worker)
    await line.put("fresh")
    assert suspicions(await claim(line, "w3", suspects=0)) == {"fresh": Suspicion.NONE}
    assert len(await claim(line, "w4")) == 1


async def test_beside_a_suspect_that_went_down_nobody_else_is_blamed(line: Line):
    await line.put("pill", "other")
    for worker in ("w1", "w2"):
        await claim(line, worker)
        await crash(line, worker)
    [suspect] = await claim(line, "w3")
    await line.put("fresh")
    assert list(await claim(line, "w3", suspects=0)) == ["fresh"]
    await crash(line, "w3")
    found = await claim(line, "w4") | await claim(line, "w5")
    assert found[suspect].suspicion is Suspicion.POISON
    assert (found["fresh"].suspicion, found["fresh"].lapses) == (Suspicion.NONE, 0)


async def test_a_suspect_that_ended_before_the_crash_shields_nobody(line: Line):
    await line.put("a", "b")
    for worker in ("w1", "w2"):
        await claim(line, worker)
        await crash(line, worker)
    [suspect] = (await claim(line, "w3")).values()
    await line.put("pill")
    await claim(line, "w3", suspects=0)
    await line.finish(suspect.lease)
    await crash(line, "w3")
    assert (await claim(line, "w4", suspects=0))["pill"].lapses == 1


async def test_where_workers_serve_other_queues_too_being_alone_in_this_one_proves_nothing(line: Line):
    await line.put("a")
    for worker in ("w1", "w2"):
        await claim(line, worker, sole=0)
        await crash(line, worker)
    assert suspicions(await claim(line, "w3", sole=0)) == {"a": Suspicion.SUSPECT}
    await crash(line, "w3")
    assert suspicions(await claim(line, "w4", sole=0)) == {"a": Suspicion.POISON}


async def test_an_attempt_that_ended_clears_a_job(line: Line):
    await line.put("a")
    for worker in ("w1", "w2"):
        await claim(line, worker, sole=0)
        await crash(line, worker)
    await line.retry((await claim(line, "w3", sole=0))["a"].lease, delay_ms=0)
    assert suspicions(await claim(line, "w4", sole=0)) == {"a": Suspicion.NONE}
