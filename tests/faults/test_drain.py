"""SIGTERM: what can end in the grace ends, the rest is given back at once, and no attempt is burnt."""

import signal

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus

from arqlight_core.clock import monotonic
from tests.faults.fleet import Fleet, Worker, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue
from tests.faults.server_process import ServerProcess

pytestmark = pytest.mark.fault

LONG = 60.0
"""A lease and a grace that no test waits for."""


async def running(fleet: Fleet, producer: ArqRedis, function: str = "gated", grace: float = 0.0) -> Worker:
    """A worker that runs job `j`, whose lease would hold for long."""
    worker = await fleet.start(lease=LONG, grace=grace)
    await enqueue(producer, function, "g", job_id="j")
    await fleet.started("j", by=worker)
    return worker


async def test_running_jobs_end_within_the_grace_and_nothing_new_is_begun(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    worker = await running(fleet, producer, grace=LONG)
    worker.send(signal.SIGTERM)
    await until(lambda: worker.said("shutdown on SIGTERM"))
    await enqueue(producer, "work", job_id="late")
    fleet.open_gate("g")
    assert await worker.exit_code() == 0
    ledger = await auditor.ledger()
    assert ledger.states["completed"] == {"j"}
    assert ledger.queued == {"late"}
    assert violations(ledger, ["j", "late"]) == {}


async def test_what_does_not_end_within_the_grace_is_given_back_at_once_and_runs_elsewhere(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    worker = await running(fleet, producer, grace=0.5)
    worker.send(signal.SIGTERM)
    assert await worker.exit_code() == 0
    assert await Job("j", producer).status() == JobStatus.queued
    fleet.open_gate("g")
    heir = await fleet.start()
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.pids("end", "j") == [heir.pid]
    assert await auditor.total("lapsed") == 0
    assert await auditor.total("released") == 1
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_more_drains_than_attempts_burn_no_attempt(fleet: Fleet, producer: ArqRedis, auditor: Auditor) -> None:
    await enqueue(producer, "gated", "g", job_id="j")
    for _ in range(6):
        worker = await fleet.start()
        await fleet.started("j", by=worker)
        worker.send(signal.SIGTERM)
        assert await worker.exit_code() == 0
    fleet.open_gate("g")
    await fleet.start()
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.runs() == {"j": 7}
    assert fleet.journal.highest_attempt == 1
    result = await auditor.result("j")
    assert result is not None
    assert (result.success, result.job_try) == (True, 1)


async def test_a_second_sigterm_gives_jobs_back_at_once(fleet: Fleet, producer: ArqRedis) -> None:
    worker = await running(fleet, producer, grace=LONG)
    worker.send(signal.SIGTERM)
    await until(lambda: worker.said("shutdown on SIGTERM"))
    worker.send(signal.SIGTERM)
    assert await worker.exit_code(LONG / 2) == 0
    assert await Job("j", producer).status() == JobStatus.queued


async def test_a_job_that_will_not_be_stopped_does_not_hold_up_the_drain(fleet: Fleet, producer: ArqRedis) -> None:
    worker = await running(fleet, producer, "stubborn")
    worker.send(signal.SIGTERM)
    assert await worker.exit_code(LONG / 2) == 0
    assert await Job("j", producer).status() == JobStatus.in_progress  # until its lease lapses


async def test_sigterm_while_the_server_is_down_ends_within_the_grace_and_a_little(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, server: ServerProcess
) -> None:
    worker = await fleet.start(lease=2.0, grace=1.0)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j", by=worker)
    async with server.down():
        asked = monotonic()
        worker.send(signal.SIGTERM)
        assert await worker.exit_code() == 0
        assert monotonic() - asked < 15.0
    fleet.open_gate("g")
    heir = await fleet.start(lease=2.0)
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.pids("end", "j") == [heir.pid]
    assert fleet.journal.highest_attempt == 1
    assert violations(await auditor.ledger(), ["j"]) == {}
