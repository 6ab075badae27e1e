"""The supervisor keeps its number of processes alive, ever more patiently, and passes a drain on."""

import asyncio
import re
import signal
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from arqlight_fleet.orders import STOPPED_BY_REQUEST
from arqlight_fleet.supervisor import Supervisor
from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue
from tests.faults.supervision import Supervise, Supervised

pytestmark = pytest.mark.fault

BROKEN_THE_SECOND_TIME = """
import os, pathlib, sys
mark = pathlib.Path(sys.argv[1])
if mark.exists():
    sys.exit(3)
mark.touch()
os.execv(sys.argv[2], sys.argv[2:])
"""

CRASH = """
import sys, pathlib, tests.faults.journal
tests.faults.journal.Journal(pathlib.Path(sys.argv[1])).note("birth")
sys.exit(1)
"""


async def test_a_killed_process_is_replaced_and_its_job_runs_again(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=1.0).command)
    await until(lambda: len(fleet.journal.entries("ready")) == 2)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    [first] = fleet.journal.pids("start", "j")
    supervised.kill(first)
    await until(lambda: len(fleet.journal.entries("ready")) == 3)
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    assert first not in fleet.journal.pids("end", "j")
    assert violations(await auditor.ledger(), ["j"]) == {}


async def test_a_crash_loop_is_slowed_down_more_and_more(fleet: Fleet, supervise: Supervise) -> None:
    supervised = supervise(1, [sys.executable, "-c", CRASH, str(fleet.journal.path)])
    await until(lambda: len(fleet.journal.entries("birth")) == 4)
    births = [entry.at for entry in fleet.journal.entries("birth")]
    gaps = [later - earlier for earlier, later in pairwise(births)]
    assert gaps[0] >= 0.5
    assert gaps[1] >= 1.0
    assert gaps[2] >= 2.0
    assert supervised.process.alive


async def two_running(fleet: Fleet, producer: ArqRedis) -> set[str]:
    """Two jobs that run until the gate opens."""
    jobs = {await enqueue(producer, "gated", "g", job_id=job_id) for job_id in ("one", "two")}
    for job_id in jobs:
        await fleet.started(job_id)
    return jobs


async def test_sigterm_drains_every_process_and_starts_no_other(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=60.0, max_jobs=1, grace=60.0).command)
    jobs = await two_running(fleet, producer)
    supervised.process.send(signal.SIGTERM)
    await until(lambda: supervised.process.log.read_text().count("shutdown on SIGTERM") == 2)
    fleet.open_gate("g")
    assert await supervised.process.exit_code() == 0
    assert (await auditor.ledger()).states["completed"] == jobs
    assert not any(supervised.lives(pid) for pid in supervised.children)
    assert len(supervised.children) == 2


async def test_a_second_sigterm_gives_every_job_back_at_once(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=60.0, max_jobs=1, grace=60.0).command)
    jobs = await two_running(fleet, producer)
    supervised.process.send(signal.SIGTERM)
    await until(lambda: supervised.process.log.read_text().count("shutdown on SIGTERM") == 2)
    supervised.process.send(signal.SIGTERM)
    assert await supervised.process.exit_code() == 0
    ledger = await auditor.ledger()
    assert ledger.queued == jobs
    assert await auditor.total("released") == 2


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.3])
async def test_a_drain_at_any_moment_of_the_start_ends(fleet: Fleet, supervise: Supervise, moment: float) -> None:
    supervised = supervise(2, fleet.options().command)
    await until(lambda: supervised.process.said("started: the fleet starts"))
    await asyncio.sleep(moment)
    supervised.process.send(signal.SIGTERM)
    assert await supervised.process.exit_code() == 0


def children_of(supervised: Supervised, place: int) -> list[int]:
    """Every process that was started in a place, in order."""
    log = supervised.process.log.read_text()
    return [int(pid) for pid in re.findall(rf"worker process {place} \(pid (\d+)\) started", log)]


async def test_a_roll_replaces_place_by_place_and_loses_no_running_job(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=60.0, grace=60.0, max_jobs=1).command)
    jobs = await two_running(fleet, producer)
    supervised.process.send(signal.SIGHUP)
    await until(lambda: supervised.process.said("is up in its place"))
    jobs.add(await enqueue(producer, "gated", "g", job_id="three"))
    await fleet.started("three")  # by the new process: the old ones are busy
    assert [len(children_of(supervised, place)) for place in (1, 2)] == [2, 1]
    assert all(supervised.lives(pid) for pid in supervised.children)
    fleet.open_gate("g")
    await until(lambda: supervised.process.log.read_text().count("ended: drained") == 2)
    assert [supervised.lives(pid) for pid in children_of(supervised, 1)] == [False, True]
    assert [supervised.lives(pid) for pid in children_of(supervised, 2)] == [False, True]
    assert (await auditor.ledger()).states["completed"] == jobs


async def test_a_roll_to_what_does_not_come_up_keeps_the_old_process(
    fleet: Fleet, supervise: Supervise, folder: Path
) -> None:
    command = [sys.executable, "-c", BROKEN_THE_SECOND_TIME, str(folder / "mark"), *fleet.options().command]
    supervised = supervise(1, command)
    await until(lambda: fleet.journal.pids("ready"))
    supervised.process.send(signal.SIGHUP)
    await until(lambda: supervised.process.said("the old one stays"))
    [old] = fleet.journal.pids("ready")
    assert supervised.lives(old)
    assert not supervised.process.said(f"(pid {old}) drains")


async def test_processes_whose_supervisor_is_killed_drain_and_end(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=60.0, grace=60.0).command)
    await until(lambda: len(fleet.journal.pids("ready")) == 2)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    supervised.process.kill()
    await until(lambda: supervised.process.log.read_text().count("the supervisor is gone: draining") == 2)
    fleet.open_gate("g")
    await until(lambda: not any(supervised.lives(pid) for pid in supervised.children))
    assert (await auditor.ledger()).states["completed"] == {"j"}


async def test_a_process_that_does_not_heed_its_drain_is_killed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, folder: Path
) -> None:
    monkeypatch.setattr("arqlight_fleet.supervisor.MARGIN", 0.2)
    deaf = "import signal, sys, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    deaf += "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    supervisor = Supervisor([sys.executable, "-c", deaf, str(folder / "born")], 1, grace=0.1)
    running = asyncio.create_task(supervisor.run())
    await until((folder / "born").exists)
    supervisor.drain()
    async with asyncio.timeout(15):
        await running
    assert "is killed: it did not end in time" in caplog.text


async def test_finite_processes_end_the_supervision_when_all_have_ended(folder: Path) -> None:
    once = "import sys, pathlib; mark = pathlib.Path(sys.argv[1]); code = 0 if mark.exists() else 1\n"
    once += "mark.touch(); sys.exit(code)"
    async with asyncio.timeout(20):
        await Supervisor([sys.executable, "-c", once, str(folder / "mark")], 1, finite=True).run()
    assert (folder / "mark").exists()


async def test_a_process_that_an_operator_stopped_gets_no_successor() -> None:
    async with asyncio.timeout(20):
        await Supervisor([sys.executable, "-c", f"import sys; sys.exit({STOPPED_BY_REQUEST})"], 2).run()


async def test_a_drain_reaches_a_process_that_is_being_born() -> None:
    supervisor = Supervisor([sys.executable, "-c", "import time; time.sleep(20)"], 1)
    running = asyncio.create_task(supervisor.run())
    for _ in range(3):  # its process is asked for by then, and not there yet
        await asyncio.sleep(0)
    supervisor.drain()
    async with asyncio.timeout(15):
        await running
