"""The room on a real server, through the composition root's own fleet."""

import msgspec
import pytest

from arqlight.store_fleet import StoreFleet
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.errors import ServerUnreachable
from arqlight_core.jobs import Failure, State
from arqlight_core.observe import fleet as fleet_of
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Appetite
from tests.screens.conftest import visit

QUEUE = QueueKeys.declared("billing:validation")
FAILED = msgspec.msgpack.encode(Failure(1, "TariffMissing", "row 3", "Traceback: here", "w1", 1000, 2000))


async def enqueue(store: Store, count: int) -> None:
    payload = encode_job(Envelope("billing.validate", ({"file": "claims.csv"},), {}, 1000))
    await store.publish_queues({QUEUE.name: {"wire": QUEUE.wire, "purpose": "Checks files."}})
    jobs = [scripts.NewJob(QUEUE.job_id(f"file-{place:03}"), payload) for place in range(count)]
    await store.run(scripts.enqueue(QUEUE, jobs))


async def bury(store: Store, count: int) -> None:
    claim = await store.run(scripts.claim(QUEUE, Appetite(count), 15_000, 30_000, "w1", 1))
    for claimed in claim.jobs:
        end = scripts.Burial("dead", "gave up", FAILED, "TariffMissing: row 3", b"", 0)
        await store.run(scripts.bury(QUEUE, claimed.lease, end))


async def counted(store: Store, state: State) -> int:
    view = (await fleet_of(store)).queue(QUEUE.name)
    assert view is not None
    return view.counts[state]


@pytest.fixture
def fleet(store: Store) -> StoreFleet:
    return StoreFleet(lambda: store.url, "otto")


async def test_an_empty_server_says_what_to_do_and_then_shows_what_comes(store: Store, fleet: StoreFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("arqlight demo")
        await enqueue(store, 3)
        await guest.until_shown("no worker is running: 3 wait")
        assert fleet.address == store.url


async def test_pause_retry_purge_and_undo_through_the_screen(store: Store, fleet: StoreFleet) -> None:
    await enqueue(store, 130)
    await bury(store, 2)
    async with visit(fleet) as guest:
        await guest.press("p")
        await guest.until_shown("paused otto")
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.until_shown("TariffMissing: row 3")
        await guest.press("enter")
        await guest.until_shown("Traceback: here")
        await guest.press("r")
        await guest.until_shown("waiting  paused by otto")
        await guest.press("escape")
        await guest.turn_to(State.WAITING)
        await guest.until_shown("billing.validate")
        await guest.press("X")
        await guest.until_shown("Purge 129 waiting jobs?")
        await guest.press(*"129", "enter")
        await guest.until_shown("no waiting jobs")
        assert await counted(store, State.WAITING) == 0
        await guest.press("u")
        await guest.until_shown("billing.validate")
        assert await counted(store, State.WAITING) == 129


async def test_a_purge_takes_only_what_was_seen(store: Store, fleet: StoreFleet) -> None:
    await enqueue(store, 2)
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("file-001")
        await guest.press("X")
        await guest.until_shown("Purge 2 waiting jobs?")
        await enqueue(store, 5)
        await guest.press("y")
        await guest.until(lambda: any("moved 2 waiting jobs" in toast for toast in guest.toasts))
        assert await counted(store, State.WAITING) == 3


async def test_the_screen_outlives_a_restart_of_the_server(own_server: EmbeddedServer) -> None:
    store, fleet = Store(own_server.url), StoreFleet(lambda: own_server.url, "otto")
    await enqueue(store, 3)
    async with visit(fleet) as guest:
        await guest.until_shown("billing:validation")
        own_server.stop()
        await guest.until_shown("server away")
        assert "billing:validation" in guest.text
        own_server.ensure()
        await guest.until(lambda: "server away" not in guest.text)
    await store.close()


async def test_no_server_at_the_start_is_told_and_tried_again(own_server: EmbeddedServer) -> None:
    tries = list[str]()

    def url_of() -> str:
        tries.append("asked")
        if len(tries) == 1:
            raise ServerUnreachable("The embedded server did not start.")
        return own_server.url

    fleet = StoreFleet(url_of, "otto")
    async with visit(fleet, seen=False) as guest:
        await guest.until_shown("The embedded server did not start")
        await guest.until_shown("arqlight demo")
