"""Actions on a real server: from the menu to the trail that they leave, and back out of the trash."""

from arqlight.store_fleet import StoreFleet
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store.gateway import Store
from tests.screens.conftest import visit
from tests.screens.test_real_server import QUEUE, bury, counted, enqueue


async def test_a_purge_with_a_reason_is_a_bulk_an_entry_of_the_trail_and_trash_until_it_is_undone(store: Store) -> None:
    await enqueue(store, 3)
    await bury(store, 3)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.until_shown("TariffMissing: row 3")
        await guest.press("a", "slash", *"purge_all".replace("_", " "), "enter", "enter")
        await guest.until_shown("Purge all dead jobs")
        await guest.press(*"test_files", "enter")
        await guest.until_shown("Purge 3 dead jobs?")
        await guest.until_shown("reason      test_files")
        await guest.press("y")
        await guest.until_shown("no dead jobs")
        await guest.press("8")
        await guest.until_shown("✓ done    purge")
        await guest.press("9")
        await guest.until_shown("test_files")
        await guest.press("v")
        await guest.until_shown("✓ chain intact: 2 entries")
        guest.room.go("trash")
        await guest.until_shown("▸billing:validation")
        await guest.press("u")
        await guest.until_shown("The trash is empty.")
        assert await counted(store, State.DEAD) == 3
        [undone, purged] = (await observe.audit(store)).rows
        assert (undone.operation, purged.operation, purged.actor) == ("undo", "purge", "otto")
        assert purged.reason == "test_files"


async def test_a_queue_is_paused_with_a_reason_and_a_setting_is_refused_at_its_field(store: Store) -> None:
    await enqueue(store, 1)
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await guest.until_shown("▸billing:validation")
        await guest.press("a", "slash", *"pause", "enter", "enter")
        await guest.until_shown("Pause billing:validation")
        await guest.press(*"flood", "enter")
        await guest.until_shown("paused by otto")
        view = (await observe.fleet(store)).queue(QUEUE.name)
        assert view is not None
        assert view.paused is not None
        assert view.paused.reason == "flood"
