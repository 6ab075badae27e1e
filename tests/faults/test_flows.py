"""kill -9 in the middle of a fan-out: every child runs, and its parent goes on once, told exactly."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core import observe
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.faults.family import CHILDREN, PARENTS, Campaign, parent
from tests.faults.fleet import Fleet, Worker, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.server_process import ServerProcess

pytestmark = pytest.mark.fault

MANY = 2_000


@pytest.fixture
async def store(shop: Store) -> Store:
    await publish(shop, [PARENTS, CHILDREN])
    return shop


@pytest.fixture
async def auditor(own_server: EmbeddedServer) -> AsyncGenerator[Auditor]:
    made = Auditor(own_server.url, QueueKeys.declared(CHILDREN.name))
    yield made
    await made.close()


def begin(fleet: Fleet, folder: Path) -> Worker:
    return fleet.run([sys.executable, "-m", "tests.faults.family", fleet.url, str(folder)])


async def spawned(store: Store, job_id: str) -> int:
    told = await store.run(scripts.children(QueueKeys.declared(PARENTS.name), job_id, 0, 0))
    return told.flow.tally.total if told.flow else 0


async def at_its_end(store: Store, job_id: str) -> JobView:
    async def over() -> JobView | None:
        view = await observe.job(store, job_id)
        return view if view.state in (State.COMPLETED, State.DEAD) else None

    view = await eventually(over, 60)
    assert view
    return view


async def all_have_run(fleet: Fleet, store: Store, auditor: Auditor, job_id: str) -> None:
    """Every child ran and ended once, and the parent went on once, with the exact tally."""
    view = await at_its_end(store, job_id)
    assert view.result == {"total": MANY, "completed": MANY - 2, "dead": 2, "cancelled": 0}
    assert set(fleet.journal.runs("child")) == {str(number) for number in range(MANY)}
    assert len(fleet.journal.entries("continued")) == 1
    ledger = await auditor.ledger()
    assert violations(ledger, ()) == {}
    assert (len(ledger.states["completed"]), len(ledger.states["dead"])) == (MANY - 2, 2)
    assert ledger.totals["enqueued"] == MANY


@pytest.mark.timeout(120)
async def test_kills_while_it_spawns_and_while_its_children_run_lose_and_repeat_nothing(
    fleet: Fleet, store: Store, auditor: Auditor, folder: Path
) -> None:
    campaign = Campaign(MANY, seconds=0.01, dying=(3, 1_700), pause_every=250)
    job_id = (await enqueue(store, parent, campaign)).job_id
    first = begin(fleet, folder)
    await eventually(lambda: more_than(store, job_id, 600))
    first.kill()
    assert 600 < await spawned(store, job_id) < MANY
    second = begin(fleet, folder)
    begin(fleet, folder)
    await until(lambda: fleet.journal.entries("spawned"), 60)
    second.kill()
    begin(fleet, folder)
    await all_have_run(fleet, store, auditor, job_id)


async def more_than(store: Store, job_id: str, count: int) -> bool:
    return await spawned(store, job_id) > count


@pytest.mark.timeout(120)
async def test_an_outage_of_the_server_in_the_middle_costs_nothing(
    fleet: Fleet, store: Store, auditor: Auditor, folder: Path, server: ServerProcess
) -> None:
    campaign = Campaign(MANY, dying=(3, 1_700), pause_every=250)
    job_id = (await enqueue(store, parent, campaign)).job_id
    begin(fleet, folder)
    await eventually(lambda: more_than(store, job_id, 600))
    async with server.down(0.5):
        pass
    await all_have_run(fleet, store, auditor, job_id)
    assert fleet.journal.highest_attempt <= 1


@pytest.mark.timeout(120)
async def test_who_spawns_twenty_thousand_never_holds_them_all(fleet: Fleet, store: Store, folder: Path) -> None:
    worker = begin(fleet, folder)
    await at_its_end(store, (await enqueue(store, parent, Campaign(10))).job_id)
    before = megabytes(worker)
    job_id = (await enqueue(store, parent, Campaign(20_000))).job_id
    highest = before

    async def done() -> bool:
        nonlocal highest
        highest = max(highest, megabytes(worker))
        return (await observe.job(store, job_id)).state is State.COMPLETED

    await eventually(done, 100)
    assert (await observe.job(store, job_id)).result["completed"] == 20_000
    assert highest - before < 12


def megabytes(worker: Worker) -> float:
    """What a process holds of the machine's memory."""
    told = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(worker.pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) / 1024


async def test_what_comes_after_a_flow_belongs_to_it(fleet: Fleet, store: Store, folder: Path) -> None:
    job_id = (await enqueue(store, parent, Campaign(3), correlation_id="spring")).job_id
    begin(fleet, folder)
    await at_its_end(store, job_id)
    ids, _ = await store.tree("spring", 10)
    [after] = [one for one in ids if one != job_id]
    view = await at_its_end(store, after)
    assert (view.job_type, view.result, view.correlation_id) == ("faults_summary", "spring", "spring")
