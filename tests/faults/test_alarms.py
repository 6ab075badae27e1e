"""Two workers look after alerts: one leads, it dies, the other goes on; people are told once, whoever leads."""

import sys
from pathlib import Path

import pytest

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.operations import pause, resume
from arqlight_core.store.gateway import Store
from arqlight_fleet.notices import WELL_AGAIN
from tests.faults.alarmed import BELLS, HALL
from tests.faults.fleet import Fleet, Worker, eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]


def begin(fleet: Fleet, folder: Path) -> Worker:
    return fleet.run([sys.executable, "-m", "tests.faults.alarmed", fleet.url, str(folder)])


async def leader(store: Store, fleet: Fleet) -> Worker | None:
    """The process that looks for alerts."""
    told = (await observe.alarms(store)).leader
    return next((one for one in fleet.workers if f"-{one.pid}-" in told), None)


async def what(store: Store) -> list[str]:
    """What was told of alerts, in order."""
    return [one.told["what"] for one in await observe.events(store) if one.kind == "alert"]


async def test_when_the_leader_dies_the_other_goes_on_and_nobody_is_told_twice(
    fleet: Fleet, shop: Store, folder: Path
) -> None:
    both = [begin(fleet, folder) for _ in range(2)]
    await eventually(lambda: _alive(shop, 2))
    await pause(shop, HALL.name, actor="ada", reason="their release")
    await eventually(lambda: _has_told(shop, 1))
    first = await leader(shop, fleet)
    assert first in both
    first.kill()
    second = await eventually(lambda: _another(shop, fleet, first))
    since = await _looked(shop)
    await eventually(lambda: _looked_since(shop, since))
    await resume(shop, HALL.name, actor="ada")
    await eventually(lambda: _has_told(shop, 2))
    await eventually(lambda: _nothing_kept(shop))
    assert second
    assert second.alive
    assert await what(shop) == ["raised", "cleared"]
    assert (len(fleet.journal.entries("warning")), len(fleet.journal.entries(WELL_AGAIN))) == (1, 1)


async def _alive(store: Store, count: int) -> bool:
    return len(await store.workers()) == count


async def _has_told(store: Store, times: int) -> bool:
    """Whether the jobs by which people are told have ended: one that dies with its worker runs again, rightly."""
    bells = (await observe.fleet(store)).queue(BELLS.name)
    return bells is not None and bells.counts[State.COMPLETED] == times


async def _another(store: Store, fleet: Fleet, first: Worker) -> Worker | None:
    now = await leader(store, fleet)
    return now if now is not first else None


async def _looked(store: Store) -> int:
    """When a leader last had its turn (ms), as heartbeats tell."""
    chores = [one for worker in (await observe.fleet(store)).workers for one in worker.chores]
    return max(one.last_ms for one in chores if one.name == "alerts")


async def _looked_since(store: Store, before_ms: int) -> bool:
    return await _looked(store) > before_ms


async def _nothing_kept(store: Store) -> bool:
    return not (await observe.alarms(store)).episodes
