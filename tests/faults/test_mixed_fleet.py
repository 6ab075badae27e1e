"""A stock arq producer, a stock worker and a fleet worker on one queue: stock handles agree with what happened."""

import asyncio
import sys
from collections import Counter
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job, JobStatus

from arqlight_core.store.embedded import EmbeddedServer
from tests.faults.fleet import Fleet, until
from tests.faults.ledger import Auditor

pytestmark = pytest.mark.fault

EACH = 20


async def start(fleet: Fleet, kind: str, socket: str) -> int:
    worker = fleet.run([sys.executable, "-m", "tests.faults.mixed_worker", kind, socket, str(fleet.journal.path)])
    await until(lambda: worker.pid in fleet.journal.pids("ready"))
    return worker.pid


async def produce(producer: ArqRedis) -> dict[str, Job]:
    """Sums, failures, retries and delays, in turn."""
    calls: dict[str, tuple[str, tuple[Any, ...], float]] = {}
    for number in range(EACH):
        calls[f"sum-{number}"] = ("adds", (number, 1), 0.0)
        calls[f"late-{number}"] = ("adds", (number, 2), 0.3)
        calls[f"bad-{number}"] = ("breaks", (f"word-{number}",), 0.0)
        calls[f"again-{number}"] = ("asks_again", (), 0.0)
    jobs = {
        job_id: await producer.enqueue_job(name, *arguments, _job_id=job_id, _defer_by=delay)
        for job_id, (name, arguments, delay) in calls.items()
    }
    return {job_id: job for job_id, job in jobs.items() if job}


async def outcome(job: Job) -> object:
    try:
        return await job.result(timeout=60, poll_delay=0.2)
    except ValueError as error:
        return str(error)


async def test_stock_handles_agree_with_what_a_mixed_fleet_did(
    fleet: Fleet, producer: ArqRedis, auditor: Auditor, own_server: EmbeddedServer
) -> None:
    socket = str(own_server.socket)
    pids = [await start(fleet, "stock", socket), await start(fleet, "fleet", socket)]
    jobs = await produce(producer)
    assert len(jobs) == 4 * EACH
    told = dict(zip(jobs, await asyncio.gather(*(outcome(job) for job in jobs.values())), strict=True))
    for number in range(EACH):
        assert (told[f"sum-{number}"], told[f"late-{number}"]) == (number + 1, number + 2)
        assert (told[f"bad-{number}"], told[f"again-{number}"]) == (f"word-{number}", 3)
    assert {await job.status() for job in jobs.values()} == {JobStatus.complete}
    infos = {job_id: await job.result_info() for job_id, job in jobs.items()}
    assert all(info and info.success is not job_id.startswith("bad") for job_id, info in infos.items())
    runs = Counter(entry.job_id for entry in fleet.journal.entries("start"))
    assert runs == {job_id: 3 if job_id.startswith("again") else 1 for job_id in jobs}, "each attempt ran once"
    assert {entry.pid for entry in fleet.journal.entries("start")} == set(pids), "both took part"
    assert (await auditor.ledger()).queued == frozenset()
