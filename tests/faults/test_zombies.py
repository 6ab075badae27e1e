"""Workers that were taken for dead and come back: what they still write is refused, and they go on working."""

import signal

import pytest
from arq.connections import ArqRedis

from tests.faults.fleet import Fleet, Worker, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue

pytestmark = pytest.mark.fault


async def taken_over(fleet: Fleet, producer: ArqRedis, function: str, lease: float) -> tuple[Worker, Worker]:
    """A stopped worker whose job `j` another one runs by now; both have room for one job."""
    zombie = await fleet.start(lease=lease, max_jobs=1)
    await enqueue(producer, function, "g", job_id="j")
    await fleet.started("j", by=zombie)
    zombie.send(signal.SIGSTOP)
    heir = await fleet.start(lease=lease, max_jobs=1)
    await fleet.started("j", by=heir)
    return zombie, heir


async def test_a_stopped_worker_loses_its_job_and_its_late_finish_is_refused_and_counted(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    zombie, heir = await taken_over(fleet, producer, "stubborn", lease=1.5)
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    zombie.send(signal.SIGCONT)
    await until(lambda: zombie.pid in fleet.journal.pids("end", "j"))
    await eventually(lambda: auditor.total("refused"))
    await auditor.look(["j"])
    result = await auditor.result("j")
    assert result is not None
    assert result.result.startswith(f"{heir.pid}:")
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_a_zombies_progress_is_refused_and_stops_its_run(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    zombie, heir = await taken_over(fleet, producer, "telling", lease=2.0)
    fences = {entry.pid: entry.fence for entry in fleet.journal.entries("start", "j")}
    await eventually(lambda: _stage(auditor, f"fence {fences[heir.pid]}"))
    zombie.send(signal.SIGCONT)
    await until(lambda: zombie.pid in fleet.journal.pids("cancelled", "j"))
    assert await _stage(auditor, f"fence {fences[heir.pid]}")
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.pids("end", "j") == [heir.pid]
    assert fences[heir.pid] > fences[zombie.pid]
    assert violations(await auditor.ledger(), ["j"]) == {}


async def _stage(auditor: Auditor, stage: str) -> bool:
    return await auditor.client.hget("arqlight:job:j", "stage") == stage.encode()


async def test_a_zombie_works_on_with_all_its_places(fleet: Fleet, producer: ArqRedis, auditor: Auditor) -> None:
    zombie, heir = await taken_over(fleet, producer, "telling", lease=1.5)
    heir.send(signal.SIGTERM)  # gives the job back, for nobody else is there
    assert await heir.exit_code() == 0
    zombie.send(signal.SIGCONT)
    await until(lambda: zombie.pid in fleet.journal.pids("cancelled", "j"))
    fleet.open_gate("g")
    await enqueue(producer, "work", job_id="next")
    await eventually(lambda: auditor.done(["j", "next"]))
    assert fleet.journal.pids("end") == [zombie.pid, zombie.pid]
    assert violations(await auditor.ledger(), ["j", "next"]) == {}


async def test_a_worker_that_takes_its_own_lapsed_job_again_runs_it_only_once_at_a_time(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    only = await fleet.start(lease=1.0, max_jobs=2)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    await auditor.client.delete("arq:in-progress:j")  # as a stock worker's zombie does
    await until(lambda: only.pid in fleet.journal.pids("cancelled", "j"))
    await until(lambda: len(fleet.journal.entries("start", "j")) == 2)
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    assert len(fleet.journal.entries("end", "j")) == 1
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_a_worker_that_was_stuck_while_nobody_else_was_there_goes_on_with_its_job(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    only = await fleet.start(lease=1.0, max_jobs=2)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j", by=only)
    await enqueue(producer, "blocking", 3.0, job_id="stopper")
    await eventually(lambda: auditor.done(["stopper"]))
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j", "stopper"]))
    assert fleet.journal.runs() == {"j": 1, "stopper": 1}
    assert violations(await auditor.ledger(), ["j", "stopper"]) == {}
