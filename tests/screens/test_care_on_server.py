"""Workers, schedules, server and doctor on a real server."""

from typing import Any

import pytest

from arqlight.store_fleet import StoreFleet
from arqlight_core.store.gateway import Store
from tests.screens.conftest import visit
from tests.screens.test_real_server import QUEUE, bury, enqueue
from tests.store.ticking import NAME, Ticking
from tests.unit.steered import beat


@pytest.fixture
def fleet(store: Store) -> StoreFleet:
    return StoreFleet(lambda: store.url, "otto")


async def test_a_worker_is_asked_to_be_quiet_and_to_end(store: Store, fleet: StoreFleet) -> None:
    await beat(store, "w1", capacity=5)
    await beat(store, "w2", capacity=5)
    async with visit(fleet, (120, 40)) as guest:
        guest.room.go("workers")
        await guest.until_shown("w2")
        await guest.press("p")
        await guest.until_shown("quiet requested")
        await guest.press("j", "K")
        await guest.until_shown("This would ask w2 to drain and end.")
        await guest.press("y")
        await guest.until_shown("stop requested")


async def test_a_schedule_is_paused_and_one_that_nobody_looks_after_cannot_run(store: Store, fleet: StoreFleet) -> None:
    await Ticking.of(store)
    async with visit(fleet, (120, 40)) as guest:
        guest.room.go("schedules")
        await guest.until_shown(f"{NAME}: nobody looks after it")
        await guest.press("p")
        await guest.until_shown("■ paused otto")
        await guest.press("r")
        await guest.until(lambda: any(f"No worker has looked after {NAME}" in text for text in guest.toasts))


async def test_the_slow_log_tells_scripts_by_their_names(store: Store, fleet: StoreFleet) -> None:
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - the server is made slow below the store
    await raw.config_set("slowlog-log-slower-than", 0)
    try:
        await enqueue(store, 1)
        async with visit(fleet, (120, 40)) as guest:
            guest.room.go("server")
            await guest.until_shown(f"overview {QUEUE.wire} +2 arguments")
    finally:
        await raw.config_set("slowlog-log-slower-than", 10_000)


async def test_the_doctor_finds_dead_letters_and_sees_when_they_are_gone(store: Store, fleet: StoreFleet) -> None:
    await enqueue(store, 1)
    await bury(store, 1)
    async with visit(fleet, (120, 40)) as guest:
        guest.room.go("doctor")
        await guest.until_shown("has 1 dead letters")
        await store._client.flushall()  # pyright: ignore[reportPrivateUsage] - all of it goes
        await guest.press("R")
        await guest.until_shown("checks are well")
