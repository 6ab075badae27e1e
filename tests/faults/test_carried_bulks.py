"""A bulk operation in the hands of the fleet: whoever is killed on the way, it is made whole, and made once."""

import signal
from collections.abc import AsyncGenerator

import pytest
from arq import ArqRedis
from arq.constants import default_queue_name

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.operations import Report, pause, purge
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.faults.fleet import Fleet, Worker, eventually

QUEUE = QueueKeys(default_queue_name)
WAITING = Selection(QUEUE.name, State.WAITING, everything=True)
JOBS = 3_000
PACE = 450.0
"""Jobs a second: slow enough for accidents."""


@pytest.fixture
async def store(own_server: EmbeddedServer) -> AsyncGenerator[Store]:
    opened = Store(own_server.url)
    yield opened
    await opened.close()


async def begun(fleet: Fleet, store: Store, producer: ArqRedis, workers: int = 2) -> Report:
    """So many workers, and a purge that is under way."""
    for _ in range(workers):
        await fleet.start()
    await pause(store, QUEUE.name, actor="ada")
    for number in range(JOBS):
        await producer.enqueue_job("work", number, _job_id=f"job{number}")
    plan = await purge(store, WAITING, actor="ada", dry_run=True)
    report = await purge(store, WAITING, actor="ada", confirm=plan.confirm, pace=PACE)
    assert (report.state, plan.changed) == ("queued", JOBS)
    return report


async def record(store: Store, bulk: str) -> dict[str, str]:
    _, found = await store.run(scripts.bulks(QUEUE, bulk, 1))
    return found[bulk]


async def moves_on(store: Store, bulk: str) -> dict[str, str]:
    """Waits until another step was made by somebody; answers the record."""
    before = int((await record(store, bulk)).get("step", 0))

    async def further() -> dict[str, str] | None:
        told = await record(store, bulk)
        return told if int(told.get("step", 0)) > before and told.get("owner") else None

    told = await eventually(further)
    assert told
    return told


async def over(store: Store, bulk: str) -> dict[str, str]:
    async def ended() -> dict[str, str] | None:
        told = await record(store, bulk)
        return told if told["state"] in ("done", "failed", "aborted") else None

    told = await eventually(ended)
    assert told
    return told


def carrier_in(fleet: Fleet, told: dict[str, str]) -> Worker:
    return next(worker for worker in fleet.workers if f"-{worker.pid}-" in told["owner"])


async def assert_made_once(store: Store, bulk: str) -> None:
    told = await over(store, bulk)
    assert (told["state"], told["changed"], told["seen"]) == ("done", str(JOBS), str(JOBS)), told
    assert await store.run(scripts.extent(QUEUE, State.WAITING, await store.time_ms())) == 0
    assert dict(await store.purges(QUEUE))[bulk]["jobs"] == str(JOBS)


@pytest.mark.timeout(120)
async def test_a_bulk_outlives_the_workers_that_carry_it(fleet: Fleet, store: Store, producer: ArqRedis):
    bulk = (await begun(fleet, store, producer, workers=4)).operation
    for _ in range(3):
        carrier_in(fleet, await moves_on(store, bulk)).kill()
    await assert_made_once(store, bulk)


async def test_a_worker_that_drains_hands_its_bulk_on(fleet: Fleet, store: Store, producer: ArqRedis):
    bulk = (await begun(fleet, store, producer)).operation
    carrier = carrier_in(fleet, await moves_on(store, bulk))
    carrier.send(signal.SIGTERM)
    assert await carrier.exit_code() == 0
    await assert_made_once(store, bulk)


async def test_the_end_of_a_carried_bulk_is_in_the_audit_trail(fleet: Fleet, store: Store, producer: ArqRedis):
    bulk = (await begun(fleet, store, producer)).operation
    under_way = (await observe.audit(store, observe.Wanted(operation="purge"))).rows[0]
    assert under_way.condition == "under way"
    await over(store, bulk)

    async def closed() -> bool:
        return (await observe.audit(store, observe.Wanted(operation="purge"))).rows[0].condition == "done"

    await eventually(closed)
    assert (await observe.audit(store, observe.Wanted(operation="purge"))).rows[0].changed == JOBS
