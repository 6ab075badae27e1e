"""Failures, flows and events on a real server, through the composition root's own fleet."""

import msgspec

from arqlight.store_fleet import StoreFleet
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import Failure, State
from arqlight_core.observe import fleet as fleet_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Appetite, Grouping
from tests.screens.canned_failures import TRACEBACK
from tests.screens.conftest import visit

LETTERS, CALLS = QueueKeys.declared("crm:letters"), QueueKeys.declared("crm:calls")
BUG = fingerprint("TariffMissing", "row 3 has no tariff", "billing.rules:check")
FAILED = msgspec.msgpack.encode(Failure(1, "TariffMissing", "row 3 has no tariff", TRACEBACK, "w1", 1000, 2000, BUG))
FLOW = "Campaign-7"


async def die(store: Store, queue: QueueKeys, count: int) -> None:
    """So many jobs of one flow, all of which die of the same bug."""
    await store.publish_queues({LETTERS.name: {"wire": LETTERS.wire}, CALLS.name: {"wire": CALLS.wire}})
    payload = encode_job(Envelope("crm.letter", ({"to": "ada"},), {}, 1000, correlation_id=FLOW))
    ids = [queue.job_id(f"one-{place}") for place in range(count)]
    await store.run(scripts.enqueue(queue, [scripts.NewJob(job_id, payload) for job_id in ids]))
    await store.plant(FLOW, ids)
    claim = await store.run(scripts.claim(queue, Appetite(count), 15_000, 30_000, "w1", 1))
    group = Grouping(BUG.id, BUG.error, BUG.pattern, BUG.frame, "acme")
    for claimed in claim.jobs:
        end = scripts.Burial("dead", "gave up", FAILED, "TariffMissing: row 3", b"", 0, "crm.letter", grouping=group)
        await store.run(scripts.bury(queue, claimed.lease, end))


async def counted(store: Store, state: State) -> int:
    return sum(queue.counts[state] for queue in (await fleet_of(store)).queues)


async def test_a_bug_in_two_queues_is_retried_and_purged_as_one(store: Store) -> None:
    await die(store, LETTERS, 3)
    await die(store, CALLS, 2)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("2")
        await guest.until_shown("TariffMissing: row <n> has no tariff")
        assert "5 failures in 1 group " in guest.text
        await guest.press("enter")
        await guest.until_shown("line 88, in check")
        await guest.until_shown("✗ one-2")
        await guest.press("r")
        await guest.until(lambda: any("retrying 1 dead job" in toast for toast in guest.toasts))
        await guest.press("escape", "r")
        await guest.until(lambda: any("in 2 queues" in toast for toast in guest.toasts))
        assert (await counted(store, State.DEAD), await counted(store, State.WAITING)) == (0, 5)


async def test_a_whole_bug_is_thrown_away_and_taken_back_from_all_queues_by_one_key(store: Store) -> None:
    await die(store, LETTERS, 3)
    await die(store, CALLS, 2)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("2")
        await guest.until_shown("TariffMissing")
        await guest.press("X")
        await guest.until_shown("Purge 5 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: any("moved" in toast for toast in guest.toasts))
        assert await counted(store, State.DEAD) == 0
        assert len(guest.room.purges) == 2
        await guest.press("u")
        await guest.until(lambda: not guest.room.purges)
        assert await counted(store, State.DEAD) == 5


async def test_a_flow_and_its_events_are_seen(store: Store) -> None:
    await die(store, LETTERS, 3)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("6")
        await guest.until_shown(FLOW)
        assert "✗ 3" in guest.line(FLOW)
        await guest.press("enter")
        await guest.until_shown("crm.letter")
        assert guest.text.count("✗ crm.letter") == 3
        await guest.press("7")
        await guest.until_shown("one-2")
        await store.run(scripts.pause(LETTERS, "ada", "their API is slow"))
        await guest.until_shown("their API is slow  by ada")
