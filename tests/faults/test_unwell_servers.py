"""Servers that answer, and refuse: full, or forbidding. Workers stay, and go on when they can."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
from arq.connections import ArqRedis
from redis.exceptions import OutOfMemoryError

from tests.faults.fleet import Fleet, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.load import enqueue

pytestmark = pytest.mark.fault


async def test_a_full_server_can_be_drained(fleet: Fleet, producer: ArqRedis, auditor: Auditor) -> None:
    used = int((await auditor.client.info("memory"))["used_memory"])
    await auditor.client.config_set("maxmemory", used + 2_000_000)
    jobs = await _filled(producer)
    worker = await fleet.start(max_jobs=50)
    await eventually(lambda: auditor.done(jobs))
    ledger = await auditor.ledger()
    assert violations(ledger, jobs) == {}
    assert ledger.states["completed"] == jobs
    assert len(jobs) > 100
    assert worker.alive


async def _filled(producer: ArqRedis) -> set[str]:
    """What was acknowledged before nothing more went in."""
    jobs: set[str] = set()
    with suppress(OutOfMemoryError):
        while True:
            job = await producer.enqueue_job("work", 0, _job_id=f"job-{len(jobs)}", padding="x" * 2000)
            jobs |= {job.job_id} if job else set()
    return jobs


@asynccontextmanager
async def scripts_forbidden(auditor: Auditor) -> AsyncGenerator[None]:
    await auditor.client.execute_command("ACL SETUSER default -evalsha -eval")
    yield
    await auditor.client.execute_command("ACL SETUSER default +evalsha +eval")


async def test_a_server_that_forbids_scripts_for_a_while_ends_no_lease_and_is_not_besieged(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    worker = await fleet.start(lease=3.0)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    async with scripts_forbidden(auditor):
        await enqueue(producer, "work", job_id="later")
        await asyncio.sleep(1.5)
    await eventually(lambda: auditor.done(["later"]))
    before = await _lease_end(auditor)
    await eventually(lambda: _renewed_since(auditor, before))
    fleet.open_gate("g")
    await eventually(lambda: auditor.done(["j"]))
    assert fleet.journal.runs() == {"j": 1, "later": 1}
    assert worker.log.read_text().count("was refused by the server") < 30
    assert violations(await auditor.ledger(), ["j", "later"]) == {}


async def _lease_end(auditor: Auditor) -> float:
    return await auditor.client.zscore("arqlight:{arq:queue}:active", "j")


async def _renewed_since(auditor: Auditor, before: float) -> bool:
    return await _lease_end(auditor) > before


async def test_a_job_whose_completion_the_server_refuses_is_let_go_and_runs_again_later(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor
) -> None:
    worker = await fleet.start(lease=1.0)
    await enqueue(producer, "gated", "g", job_id="j")
    await fleet.started("j")
    async with scripts_forbidden(auditor):
        fleet.open_gate("g")
        await until(lambda: worker.said("finish was refused by the server"))
    await eventually(lambda: auditor.done(["j"]))
    assert len(fleet.journal.entries("end", "j")) == 2
    assert violations(await auditor.ledger(), ["j"]) == {}
