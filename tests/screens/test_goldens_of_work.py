"""How failures, flows and events look, as text."""

from collections.abc import Callable

import pytest

from tests.screens.canned_failures import failing_fleet
from tests.screens.canned_flows import flowing_fleet
from tests.screens.conftest import Visit, visit

SIZES = [(80, 24), (120, 40)]

Golden = Callable[[Visit, str], None]
pytestmark = [pytest.mark.usefixtures("ticker"), pytest.mark.parametrize("size", SIZES)]


async def test_one_group_of_failures(size: tuple[int, int], golden: Golden) -> None:
    async with visit(failing_fleet(), size) as guest:
        await guest.press("2")
        await guest.until_shown("TariffMissing: row <n>")
        await guest.press("enter")
        await guest.until_shown("import-01")
        await guest.until_shown("among the newest 510")
        golden(guest, "failure")


async def test_one_flow(size: tuple[int, int], golden: Golden) -> None:
    async with visit(flowing_fleet(), size) as guest:
        await guest.press("6")
        await guest.until_shown("incident-77")
        await guest.press("enter")
        await guest.until_shown("crm.message")
        golden(guest, "flow")
