"""What keys do to one job or to all of a tab: planned, asked for as much as the plan asks, and followed to the end."""

import pytest

from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection
from arqlight_screens.confirm import Confirm
from arqlight_screens.source import Unavailable
from tests.screens.canned import NOW, CannedFleet, bulk, job, row
from tests.screens.conftest import Ticker, visit
from tests.screens.test_queue_jobs import FIRST, QUEUE, in_dead_tab

HARMLESS = Report(1, "would retry 1 job", moment_ms=NOW)


async def test_r_retries_the_job_that_was_under_the_cursor(fleet: CannedFleet) -> None:
    fleet.plan = HARMLESS
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("j", "r")
        await guest.until(lambda: fleet.performed)
        wanted = Selection(QUEUE, State.DEAD, ("{billing:validation}:import-01",))
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed == [("retry", {"selection": wanted, "dry_run": True}), ("retry", {"selection": wanted})]


async def test_a_job_that_slid_under_the_cursor_is_not_acted_upon_at_once(fleet: CannedFleet, ticker: Ticker) -> None:
    rows = [row("a"), row("b")]
    fleet.rows = lambda _queue, _state: rows
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.until_shown("▸a")
        del rows[0]
        await guest.look()
        await guest.until_shown("▸b")
        await guest.press("r")
        await guest.until(lambda: any("moved under the cursor" in toast for toast in guest.toasts))
        assert not fleet.performed
        ticker.now += 1
        await guest.press("r")
        await guest.until(lambda: fleet.performed)


async def test_a_small_purge_is_counted_asked_and_bound_to_what_was_seen(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("Purge 12 dead jobs?")
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed == [("purge", {"selection": seen, "dry_run": True})]
        await guest.press("y")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1] == ("purge", {"selection": seen, "confirm": fleet.plan.confirm})


async def test_a_purge_is_left_by_any_other_answer(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        for key in ("enter", "escape", "n", "q"):
            await guest.press("X")
            await guest.until_shown("Purge 12 dead jobs?")
            await guest.press(key)
            await guest.until(lambda: not isinstance(guest.room.screen, Confirm))
        assert all(arguments.get("dry_run") for _, arguments in fleet.performed)


async def test_a_large_purge_wants_its_count_typed(fleet: CannedFleet) -> None:
    fleet.plan = Report(1204, "would go", moment_ms=NOW, asks="count", confirm=f"1204@1204.{NOW}.0123456789")
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("type 1204 then enter")
        await guest.press("y", "backspace", *"1205")
        assert isinstance(guest.room.screen, Confirm)
        assert len(fleet.performed) == 1
        await guest.press("backspace", "4", "enter")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1][1]["confirm"] == fleet.plan.confirm


async def test_a_purge_in_production_wants_the_name_of_its_queue_typed(fleet: CannedFleet) -> None:
    fleet.plan = Report(1204, "would go", moment_ms=NOW, asks="name", confirm=f"{QUEUE}@1204.{NOW}.0123456789")
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown(f"type {QUEUE} then enter")
        await guest.press(*"1204", *["backspace"] * 4, *("colon" if sign == ":" else sign for sign in QUEUE))
        assert len(fleet.performed) == 1
        await guest.press("enter")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1][1]["confirm"] == fleet.plan.confirm


@pytest.mark.parametrize("asks", ["count", "name"])
async def test_enter_without_the_word_cancels(fleet: CannedFleet, asks: str) -> None:
    fleet.plan = Report(1204, "would go", moment_ms=NOW, asks=asks, confirm=f"word@1204.{NOW}.0123456789")
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("type word then enter")
        await guest.press(*"wor", "enter")
        await guest.until(lambda: not isinstance(guest.room.screen, Confirm))
        assert len(fleet.performed) == 1


async def test_what_asks_for_nothing_is_done_at_once(fleet: CannedFleet) -> None:
    fleet.plan = HARMLESS
    fleet.report = Report(1, "moved 1 dead job to the trash; `undo` takes it back", moment_ms=NOW)
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until(lambda: any("`undo` takes it back" in toast for toast in guest.toasts))
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed[1] == ("purge", {"selection": seen})


async def test_what_the_fleet_carries_is_shown_until_it_has_ended(fleet: CannedFleet) -> None:
    fleet.plan, fleet.report = HARMLESS, Report(0, "the fleet will retry them", operation="b1", state="queued")
    fleet.bulks["b1"] = bulk()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("ctrl+r")
        await guest.until_shown("bulk b1  retry 10,000 of 40,000")
        assert "1,000/s  30s to go  10 left alone" in guest.line("bulk b1")
        fleet.bulks["b1"] = bulk(state="done", seen=40_000, changed=39_990)
        await guest.until(lambda: "bulk b1" not in guest.line("retry"))
        await guest.until(lambda: any("39,990 of 40,000 jobs (10 left alone" in toast for toast in guest.toasts))


async def test_a_bulk_is_followed_past_an_outage_of_the_server(fleet: CannedFleet) -> None:
    fleet.plan, fleet.report = HARMLESS, Report(0, "the fleet will retry them", operation="b1", state="queued")
    fleet.bulks["b1"] = bulk(state="paused")
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("ctrl+r")
        await guest.until_shown("bulk b1 paused")
        fleet.failure = Unavailable("away")
        await guest.until_shown("server away")
        fleet.failure = None
        fleet.bulks.clear()
        await guest.until(lambda: "There is no bulk b1." in guest.toasts)


async def test_retrying_all_is_asked_and_bound_to_what_was_seen(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("ctrl+r")
        await guest.until_shown("Retry 12 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: len(fleet.performed) > 1)
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed[1] == ("retry", {"selection": seen, "confirm": fleet.plan.confirm})


async def test_what_the_state_cannot_take_is_neither_hinted_nor_done(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.ACTIVE)
        await guest.until_shown("run-2")
        assert "purge" not in guest.text
        await guest.press("X")
        await guest.until(lambda: "Purge: jobs that are active cannot take it." in guest.toasts)
        assert not fleet.performed


async def test_an_empty_tab_has_nothing_to_purge(fleet: CannedFleet) -> None:
    fleet.plan = Report(0, "would move nothing")
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.CANCELLED)
        await guest.press("X")
        await guest.until(lambda: f"There are no cancelled jobs of {QUEUE}." in guest.toasts)


async def test_r_in_a_job_retries_it(fleet: CannedFleet) -> None:
    fleet.jobs, fleet.plan = {FIRST: job(FIRST)}, HARMLESS
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("enter")
        await guest.until_shown("gave up after 2 attempts")
        await guest.press("r")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1] == ("retry", {"selection": Selection(QUEUE, State.DEAD, (FIRST,))})
