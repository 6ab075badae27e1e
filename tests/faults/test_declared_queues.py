"""Declared queues under the same faults: our own producer, payload models, retry policies and process."""

import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core.enqueue import enqueue, enqueue_many
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.worker import FleetWorker
from tests.faults.declared import LINE, Order, fulfil
from tests.faults.fleet import Fleet, Worker, eventually
from tests.faults.ledger import Auditor, violations
from tests.faults.server_process import ServerProcess

pytestmark = pytest.mark.fault


@pytest.fixture
async def line_auditor(own_server: EmbeddedServer) -> AsyncGenerator[Auditor]:
    made = Auditor(own_server.url, QueueKeys.declared(LINE.name))
    yield made
    await made.close()


def begin(fleet: Fleet, folder: Path) -> Worker:
    return fleet.run([sys.executable, "-m", "tests.faults.declared", fleet.url, str(folder)])


async def test_kills_a_drain_and_an_outage_on_the_way_lose_nothing_and_burn_no_attempt(
    fleet: Fleet, shop: Store, line_auditor: Auditor, server: ServerProcess, folder: Path
) -> None:
    jobs = [queued.job_id for queued in await enqueue_many(shop, fulfil, [Order("g")] * 5)]
    killed = begin(fleet, folder)
    await fleet.started(jobs[-1], by=killed)
    killed.kill()
    drained = begin(fleet, folder)
    await fleet.started(jobs[-1], by=drained)
    drained.send(signal.SIGTERM)
    assert await drained.exit_code() == 0
    last = begin(fleet, folder)
    await fleet.started(jobs[-1], by=last)
    async with server.down(0.5):
        fleet.open_gate("g")
    await eventually(lambda: line_auditor.done(jobs))
    ledger = await line_auditor.ledger()
    assert violations(ledger, jobs) == {}
    assert ledger.states["completed"] == set(jobs)
    assert fleet.journal.highest_attempt == 1


async def test_a_burst_serves_declared_queues_until_they_are_empty(fleet: Fleet, shop: Store, folder: Path) -> None:
    fleet.open_gate("g")
    await enqueue_many(shop, fulfil, [Order("g", failures=1)] * 7)
    settings = Settings(data_dir=folder)
    worker = FleetWorker(queues=[LINE], url=fleet.url, settings=settings, burst=True, handle_signals=False)
    await worker.async_run()
    await worker.close()
    assert (worker.jobs_complete, worker.jobs_retried) == (7, 7)


async def test_failures_are_retried_as_the_policy_says_and_end_as_dead_letters(
    fleet: Fleet, shop: Store, line_auditor: Auditor, folder: Path
) -> None:
    fleet.open_gate("g")
    mended = (await enqueue(shop, fulfil, Order("g", failures=2))).job_id
    hopeless = (await enqueue(shop, fulfil, Order("g", failures=9))).job_id
    begin(fleet, folder)
    await eventually(lambda: line_auditor.done([mended, hopeless]))
    ledger = await line_auditor.ledger()
    assert violations(ledger, [mended, hopeless]) == {}
    assert (ledger.states["completed"], ledger.states["dead"]) == ({mended}, {hopeless})
    assert fleet.journal.runs() == {mended: 3, hopeless: 3}
