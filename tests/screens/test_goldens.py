"""How the screens look, as text: a change here is a change an operator sees."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from arqlight_core.jobs import State
from arqlight_core.operations import Report
from tests.screens.canned import CannedFleet, bulk, busy_fleet
from tests.screens.canned_holds import held_fleet
from tests.screens.conftest import Visit, visit

SIZES = [(80, 24), (120, 40)]
JOB = "{billing:validation}:import-00"

Golden = Callable[[Visit, str], None]
pytestmark = pytest.mark.usefixtures("ticker")


@pytest.mark.parametrize("size", [*SIZES, (200, 60)])
async def test_overview_of_what_is_held(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(held_fleet()), size) as guest:
        await guest.until_shown("site:publish")
        await guest.until(lambda: "<1%" in guest.text, "the last hour")
        golden(guest, "overview-held")


@pytest.mark.parametrize("size", SIZES)
async def test_held_jobs(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(held_fleet()), size) as guest:
        await guest.press("enter")
        await guest.turn_to(State.HELD)
        await guest.until_shown("message-3")
        golden(guest, "held-jobs")


@pytest.mark.parametrize("size", SIZES)
async def test_a_queue_with_a_live_setting(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(held_fleet()), size) as guest:
        await guest.press(*"jjjj", "enter")
        await guest.until_shown("a resets it")
        await guest.until_shown("run-2")
        golden(guest, "live-setting")


@pytest.mark.parametrize("size", SIZES)
async def test_active_jobs(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(busy_fleet()), size) as guest:
        await guest.press("enter")
        await guest.turn_to(State.ACTIVE)
        await guest.until_shown("run-2")
        golden(guest, "active-jobs")


@pytest.mark.parametrize("size", SIZES)
async def test_the_question_before_a_purge(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(busy_fleet()), size) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.press("X")
        await guest.until_shown("Purge")
        golden(guest, "purge")


@pytest.mark.parametrize("size", SIZES)
async def test_the_question_that_wants_the_name_of_the_queue(size: tuple[int, int], golden: Golden) -> None:
    fleet = CannedFleet(busy_fleet())
    fleet.plan = replace(fleet.plan, asks="name", confirm=f"billing:validation@{fleet.plan.confirm}")
    async with visit(fleet, size) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.press("X")
        await guest.until_shown("Purge")
        await guest.press(*"bill")
        await guest.until_shown("bill▁")
        golden(guest, "purge-by-name")


@pytest.mark.parametrize("size", SIZES)
async def test_a_bulk_that_the_fleet_carries(size: tuple[int, int], golden: Golden) -> None:
    fleet = CannedFleet(busy_fleet())
    fleet.report = Report(0, "the fleet will move them to the trash", operation="b1", state="queued")
    fleet.bulks["b1"] = bulk(operation="purge")
    async with visit(fleet, size) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.press("X")
        await guest.until_shown("Purge")
        await guest.press("y")
        await guest.until_shown("bulk b1  purge 10,000 of 40,000")
        guest.room.clear_notifications()
        await guest.until(lambda: "the fleet will" not in guest.text)
        golden(guest, "bulk")


@pytest.mark.parametrize("size", SIZES)
async def test_help(size: tuple[int, int], golden: Golden) -> None:
    async with visit(CannedFleet(busy_fleet()), size) as guest:
        await guest.press("question_mark")
        await guest.until_shown("one line down")
        golden(guest, "help")
