"""The supervisor keeps its number of processes alive, ever more patiently, and passes a drain on."""

import asyncio
import signal
import sys
from itertools import pairwise

import pytest
from arq.connections import ArqRedis

from arqlight_fleet.supervisor import Supervisor
from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue
from tests.faults.supervision import Supervise

pytestmark = pytest.mark.fault

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


async def test_sigterm_drains_every_process_and_starts_no_other(
    fleet: Fleet, supervise: Supervise, producer: ArqRedis, auditor: Auditor
) -> None:
    supervised = supervise(2, fleet.options(lease=60.0, max_jobs=1, grace=60.0).command)
    jobs = {await enqueue(producer, "gated", "g", job_id=job_id) for job_id in ("one", "two")}
    for job_id in jobs:
        await fleet.started(job_id)
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
    jobs = {await enqueue(producer, "gated", "g", job_id=job_id) for job_id in ("one", "two")}
    for job_id in jobs:
        await fleet.started(job_id)
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
    await until(lambda: supervised.process.said("worker process 1 is pid"))
    await asyncio.sleep(moment)
    supervised.process.send(signal.SIGTERM)
    assert await supervised.process.exit_code() == 0


async def test_a_drain_reaches_a_process_that_is_being_born() -> None:
    supervisor = Supervisor([sys.executable, "-c", "import time; time.sleep(20)"], 1)
    running = asyncio.create_task(supervisor.run())
    for _ in range(3):  # its process is asked for by then, and not there yet
        await asyncio.sleep(0)
    supervisor.drain()
    async with asyncio.timeout(15):
        await running
