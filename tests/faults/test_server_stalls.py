"""A server that is there and answers nothing: workers wait it out, however long it takes."""

import asyncio

import pytest
from arq.connections import ArqRedis

from tests.faults.fleet import Fleet, eventually
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue, enqueue_many
from tests.faults.server_process import ServerProcess

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("seconds", [3.0, 7.0], ids=["shorter", "longer"])
async def test_workers_survive_a_stall_shorter_and_longer_than_the_socket_timeout(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess, seconds: float
) -> None:
    workers = [await fleet.start(lease=1.5) for _ in range(2)]
    jobs = await enqueue_many(producer, 300, 0.02)
    async with server.stalled():
        await asyncio.sleep(seconds)
    jobs.add(await enqueue(producer, "work", job_id="afterwards"))
    await eventually(lambda: auditor.done(jobs))
    ledger = await auditor.ledger()
    assert violations(ledger, jobs) == {}
    assert ledger.states["completed"] == jobs
    assert all(worker.alive for worker in workers)


async def test_a_job_outlives_repeated_stalls_longer_than_its_lease_and_is_completed_once(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    await fleet.start(lease=1.0)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    await fleet.start(lease=1.0)
    for _ in range(3):
        async with server.stalled():
            await asyncio.sleep(2.0)
        await asyncio.sleep(1.0)
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    ledger = await auditor.ledger()
    assert violations(ledger, ["j"]) == {}
    assert ledger.states["completed"] == {"j"}
    assert fleet.journal.runs() == {"j": 1}, "its owner came back, and had to be left the job"
