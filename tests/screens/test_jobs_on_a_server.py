"""Searching, marking, looking into and revealing jobs through the screen, on a real server."""

from arqlight.store_fleet import StoreFleet
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.jobs import State
from arqlight_core.observe import audit
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from tests.screens.conftest import visit
from tests.screens.test_real_server import QUEUE, bury, counted


async def enqueue(store: Store, *tenants: str) -> None:
    told = {"wire": QUEUE.wire, "purpose": "Checks files.", "job_types": {"billing.validate": {"sensitive": ["name"]}}}
    await store.publish_queues({QUEUE.name: told})
    for place, tenant in enumerate(tenants):
        payload = encode_job(Envelope("billing.validate", ({"tenant": tenant, "name": "Ada"},), {}, 1000))
        await store.run(scripts.enqueue(QUEUE, [scripts.NewJob(QUEUE.job_id(f"file-{place}"), payload)]))


async def test_the_jobs_of_one_tenant_are_found_marked_and_retried_and_one_is_revealed(store: Store) -> None:
    await enqueue(store, "acme", "other", "acme")
    await bury(store, 3)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("enter")
        await guest.until_shown("file-2")
        await guest.press("slash", *"tenant", "colon", *"acme", "enter")
        await guest.until_shown("2 found, all 3 dead jobs looked at")
        assert "file-1" not in guest.text
        await guest.press("asterisk")
        await guest.until_shown("all 2 dead jobs matching tenant:acme")
        await guest.press("r")
        await guest.until(lambda: any("retrying 2 dead jobs" in toast for toast in guest.toasts))
        assert (await counted(store, State.WAITING), await counted(store, State.DEAD)) == (2, 1)
        await guest.press("escape", "escape")
        await guest.until_shown("file-1")
        await guest.press("enter")
        await guest.until_shown('"name": "•••"')
        await guest.press("v")
        await guest.until_shown('"name": "Ada"')
        assert [row.operation for row in (await audit(store)).rows] == ["reveal", "retry"]
        await guest.press("left", "left")
        await guest.until_shown("reveal: revealed the payload")
