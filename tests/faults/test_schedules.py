"""Schedules of real workers: killed while they fire, or cut off from the server, each tick still has one job."""

import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core import observe
from arqlight_core.clock import from_ms
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.faults.fleet import Fleet, Worker, eventually, until
from tests.faults.ledger import Auditor, violations
from tests.faults.scheduled import CRON, HOUSE, NAMES, ZONE
from tests.faults.server_process import ServerProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

KEYS = QueueKeys.declared(HOUSE.name)
MINUTE_MS = 60_000


@pytest.fixture
async def house_auditor(own_server: EmbeddedServer) -> AsyncGenerator[Auditor]:
    made = Auditor(own_server.url, KEYS)
    yield made
    await made.close()


def begin(fleet: Fleet, folder: Path) -> Worker:
    return fleet.run([sys.executable, "-m", "tests.faults.scheduled", fleet.url, str(folder)])


async def absent(auditor: Auditor, now_ms: int, minutes: int) -> int:
    """As if no worker had been there for so long; answers since when."""
    since = now_ms - minutes * MINUTE_MS
    for name in NAMES:
        await auditor.client.hset(f"{KEYS.prefix}schedule:{name}", f"last {CRON} {ZONE}", since)
    return since


async def settled(store: Store) -> dict[str, int]:
    """The newest tick of each schedule that is settled."""
    answer = await store.run(scripts.schedules(KEYS, NAMES))
    return {name: one.last_ms(f"{CRON} {ZONE}") for name, one in zip(NAMES, answer.each, strict=True)}


def jobs_of(since_ms: int, last: dict[str, int]) -> set[str]:
    """The ids of every tick's job after a moment and up to what is settled."""
    first = since_ms - since_ms % MINUTE_MS + MINUTE_MS
    return {
        KEYS.job_id(f"{name}@{from_ms(tick):%Y-%m-%dT%H:%M}Z")
        for name, newest in last.items()
        for tick in range(first, newest + 1, MINUTE_MS)
    }


async def all_caught_up(store: Store, since_ms: int) -> bool:
    return all(last > since_ms for last in (await settled(store)).values())


async def check(fleet: Fleet, store: Store, auditor: Auditor, since_ms: int, earlier: int = 0) -> None:
    """Each tick has one job, queued once, and each has run; `earlier` may have been queued before the set-back."""
    await eventually(lambda: all_caught_up(store, since_ms))
    expected = jobs_of(since_ms, await settled(store))
    await eventually(lambda: auditor.done(expected))
    await rest(fleet)  # minutes pass, and what is counted must not move
    ledger = await auditor.ledger()
    queued = ledger.states["completed"] | ledger.queued
    assert violations(ledger, queued) == {}
    assert queued == jobs_of(since_ms, await settled(store))
    assert ledger.totals["enqueued"] == len(queued)
    assert ledger.totals["deduplicated"] <= earlier
    assert set(fleet.journal.runs()) >= expected


async def rest(fleet: Fleet) -> None:
    living = [worker for worker in fleet.workers if worker.alive]
    for worker in living:
        worker.send(signal.SIGTERM)
    for worker in living:
        await worker.exit_code()


async def test_three_workers_of_which_two_are_killed_while_they_fire_queue_one_job_for_each_tick(
    fleet: Fleet, shop: Store, house_auditor: Auditor, folder: Path
) -> None:
    since = await absent(house_auditor, await shop.time_ms(), minutes=20)
    workers = [begin(fleet, folder) for _ in range(3)]
    await eventually(lambda: house_auditor.client.exists(KEYS.wire))
    workers[0].kill()
    await until(lambda: fleet.journal.entries("start"))
    workers[1].kill()
    await check(fleet, shop, house_auditor, since)


async def test_ticks_of_an_outage_are_fired_once_the_server_is_back(
    fleet: Fleet, shop: Store, house_auditor: Auditor, server: ServerProcess, folder: Path
) -> None:
    for _ in range(2):
        begin(fleet, folder)
    await eventually(lambda: all_caught_up(shop, 0))
    async with server.down(0.5):
        pass
    since = await absent(house_auditor, await shop.time_ms(), minutes=3)
    await check(fleet, shop, house_auditor, since, earlier=len(NAMES))


async def test_the_fleet_tells_of_its_schedules_and_of_the_chore_that_looks_after_them(
    fleet: Fleet, shop: Store, folder: Path
) -> None:
    begin(fleet, folder)
    await eventually(lambda: looked_after(shop))
    views = await observe.schedules(shop)
    assert [view.name for view in views] == NAMES
    assert {(view.condition, view.spoken, view.timezone) for view in views} == {("ticking", "Every minute", ZONE)}
    [worker] = (await observe.fleet(shop)).workers
    [chore] = [chore for chore in worker.chores if chore.name == "schedules"]
    assert "jobs queued" in str(chore.last_result)


async def looked_after(store: Store) -> bool:
    workers = await store.workers()
    told = [chore for worker in workers for chore in worker["chores"] if chore["name"] == "schedules"]
    return bool(await store.published_queues()) and any(chore["last_result"] for chore in told)
