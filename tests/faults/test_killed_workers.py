"""kill -9: nothing is lost, nothing is finished twice, and nobody waits for a job's timeout."""

import asyncio
import random

import pytest
from arq.connections import ArqRedis

from tests.faults.fleet import PATIENCE, Fleet, Worker, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue, enqueue_many

pytestmark = pytest.mark.fault

LEASE = 1.5


async def test_the_jobs_of_a_killed_worker_run_elsewhere_within_a_lease_and_a_little(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    doomed = await fleet.start(lease=LEASE)
    jobs = {await enqueue(producer, "gated", "g", job_id=f"job-{number}") for number in range(5)}
    for job_id in jobs:
        await fleet.started(job_id, by=doomed)
    heir = await fleet.start(lease=LEASE)
    killed_at = fleet.journal.entries("ready")[-1].at
    doomed.kill()
    for job_id in jobs:
        await fleet.started(job_id, by=heir)
    latest = max(entry.at for entry in fleet.journal.entries("start") if entry.pid == heir.pid)
    assert latest - killed_at < 5 * LEASE  # stock arq: its longest timeout and ten seconds
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(jobs))
    ledger = await auditor.ledger()
    assert violations(ledger, jobs) == {}
    assert ledger.states["completed"] == jobs
    assert fleet.journal.highest_attempt == 1


async def test_a_worker_of_the_same_machine_waits_for_no_lease_of_a_dead_one(fleet: Fleet, producer: ArqRedis) -> None:
    doomed = await fleet.start(lease=PATIENCE * 4)
    jobs = [await enqueue(producer, "gated", "g", job_id=f"job-{number}") for number in range(3)]
    for job_id in jobs:
        await fleet.started(job_id, by=doomed)
    heir = await fleet.start(lease=PATIENCE * 4)
    doomed.kill()
    for job_id in jobs:
        await fleet.started(job_id, by=heir)


async def test_a_crash_burns_no_attempt_and_is_counted_as_a_lapse(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    job_id = await enqueue(producer, "gated", "g", job_id="survivor")
    for _ in range(3):
        worker = await fleet.start(lease=1.0)
        await fleet.started(job_id, by=worker)
        worker.kill()
    await fleet.start(lease=1.0)
    fleet.open_gate("g")
    await eventually(lambda: auditor.done([job_id]))
    result = await auditor.result(job_id)
    assert result is not None
    assert (result.success, result.job_try) == (True, 1)
    assert await auditor.total("lapsed") == 3


@pytest.mark.timeout(120)
async def test_random_kills_under_load_lose_nothing_and_finish_nothing_twice(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    jobs = await enqueue_many(producer, 600, 0.02)
    workers = [fleet.begin(lease=1.0, max_jobs=2) for _ in range(3)]
    kills = await _kill_at_random(fleet, auditor, workers, jobs)
    await eventually(lambda: auditor.done(jobs), 60)
    ledger = await auditor.ledger()
    assert violations(ledger, jobs) == {}
    assert kills >= 3
    assert ledger.states["completed"] == jobs
    assert fleet.journal.highest_attempt == 1
    assert set(fleet.journal.runs("end")) == jobs


async def _kill_at_random(fleet: Fleet, auditor: Auditor, workers: list[Worker], jobs: set[str]) -> int:
    """Kills about every half second and starts another, until the jobs are done or twelve were killed."""
    dice = random.Random()  # noqa: S311 - it chooses victims
    for kills in range(12):
        if await auditor.done(jobs):
            return kills
        await until(lambda kills=kills: len(fleet.journal.entries("ready")) > kills)
        await asyncio.sleep(dice.uniform(0.3, 0.7))
        victim = dice.randrange(len(workers))
        workers[victim].kill()
        workers[victim] = fleet.begin(lease=1.0, max_jobs=2)
    return 12
