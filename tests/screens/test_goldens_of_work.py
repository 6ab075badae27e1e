"""How failures, flows and events look, as text."""

from collections.abc import Callable

import pytest

from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.canned_events import EVENTS, EventfulFleet
from tests.screens.canned_failures import failing_fleet
from tests.screens.canned_flows import flowing_fleet
from tests.screens.conftest import Visit, visit

SIZES = [(80, 24), (120, 40)]

Golden = Callable[[Visit, str], None]
pytestmark = [pytest.mark.usefixtures("ticker"), pytest.mark.parametrize("size", SIZES)]


async def test_failures(size: tuple[int, int], golden: Golden) -> None:
    async with visit(failing_fleet(), size) as guest:
        await guest.press("2")
        await guest.until_shown("TariffMissing: row <n>")
        golden(guest, "failures")


async def test_no_failures(size: tuple[int, int], golden: Golden) -> None:
    fleet = CannedFleet(busy_fleet())
    fleet.answers["failures"] = ()
    async with visit(fleet, size) as guest:
        await guest.press("2")
        await guest.until_shown("No job has failed")
        golden(guest, "failures-none")


async def test_one_group_of_failures(size: tuple[int, int], golden: Golden) -> None:
    async with visit(failing_fleet(), size) as guest:
        await guest.press("2")
        await guest.until_shown("TariffMissing: row <n>")
        await guest.press("enter")
        await guest.until_shown("import-01")
        await guest.until_shown("among the newest 510")
        golden(guest, "failure")


async def test_flows(size: tuple[int, int], golden: Golden) -> None:
    async with visit(flowing_fleet(), size) as guest:
        await guest.press("6")
        await guest.until_shown("incident-77")
        golden(guest, "flows")


async def test_one_flow(size: tuple[int, int], golden: Golden) -> None:
    async with visit(flowing_fleet(), size) as guest:
        await guest.press("6")
        await guest.until_shown("incident-77")
        await guest.press("enter")
        await guest.until_shown("crm.message")
        golden(guest, "flow")


async def test_events(size: tuple[int, int], golden: Golden) -> None:
    async with visit(EventfulFleet(*EVENTS), size) as guest:
        await guest.press("7")
        await guest.until_shown("20:26:38")
        golden(guest, "events")
