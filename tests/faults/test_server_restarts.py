"""kill -9 of the server: no worker ends, nothing acknowledged is lost, and what ended meanwhile is recorded later."""

import pytest
from arq.connections import ArqRedis

from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue, loaded
from tests.faults.server_process import ServerProcess

pytestmark = pytest.mark.fault


@pytest.mark.timeout(120)
async def test_restarts_under_load_end_no_worker_and_lose_nothing_acknowledged(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    workers = [await fleet.start(lease=1.5, max_jobs=3) for _ in range(3)]
    async with loaded(producer, 0.02) as load:
        for down in (0.2, 3.0, 0.2, 3.0):
            async with server.down(down):
                pass
            done = await auditor.total("completed")
            await eventually(lambda done=done: _went_on(auditor, done))
    await eventually(lambda: auditor.done(load.acknowledged))
    await eventually(lambda: _at_rest(auditor))
    ledger = await auditor.ledger()
    assert violations(ledger, load.acknowledged) == {}
    assert ledger.states["completed"] >= load.acknowledged
    assert ledger.states["completed"] <= load.acknowledged | load.unknown
    assert [worker.alive for worker in workers] == [True, True, True]
    assert fleet.journal.highest_attempt == 1


async def _went_on(auditor: Auditor, done: int) -> bool:
    return await auditor.total("completed") > done + 20


async def _at_rest(auditor: Auditor) -> bool:
    return not (await auditor.ledger()).queued


async def test_a_job_that_ends_while_the_server_is_down_is_recorded_when_it_is_back_and_runs_once(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    await fleet.start(lease=5.0)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    async with server.down(1.0):
        fleet.open_gate("g")
        await fleet.ended("j")
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.runs() == {"j": 1}
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_after_an_outage_longer_than_a_lease_the_owner_comes_first(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    owner = await fleet.start(lease=1.5, max_jobs=2)
    jobs = {await enqueue(producer, "gated", name, job_id=name) for name in ("meanwhile", "later")}
    for job_id in jobs:
        await fleet.started(job_id, by=owner)
    rivals = [await fleet.start(lease=1.5) for _ in range(2)]
    async with server.down(3.0):
        fleet.open_gate("meanwhile")
        await fleet.ended("meanwhile")
    await eventually(lambda: auditor.done(["meanwhile"]))
    fleet.open_gate("later")
    await eventually(lambda: auditor.done(jobs))
    assert fleet.journal.runs() == {"meanwhile": 1, "later": 1}
    assert await auditor.total("lapsed") == 0
    assert violations(await auditor.ledger(), jobs) == {}
    assert all(worker.alive for worker in (owner, *rivals))


async def test_a_worker_that_starts_while_the_server_is_down_works_once_it_is_up(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    await enqueue(producer, "work", job_id="j")
    async with server.down():
        early = await fleet.start()
        await until(lambda: early.said("the server is away"))
        assert early.alive
    await eventually(lambda: auditor.done(["j"]))
    assert violations(await auditor.ledger(), ["j"]) == {}
