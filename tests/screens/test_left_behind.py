"""Views that are left leave nothing drawn behind: a room that stays open for days must not grow."""

import gc

from textual.strip import Strip

from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.conftest import Visit, visit


def strips() -> int:
    gc.collect()
    return sum(isinstance(one, Strip) for one in gc.get_objects())


async def to_a_queue_and_back(guest: Visit, times: int) -> int:
    """Answers how many drawn lines are kept afterwards."""
    for _ in range(times):
        await guest.press("enter")
        await guest.until_shown("waiting")
        await guest.press("escape")
    return strips()


async def test_going_to_a_queue_and_back_keeps_no_drawn_lines() -> None:
    async with visit(CannedFleet(busy_fleet())) as guest:
        before = await to_a_queue_and_back(guest, 3)
        assert await to_a_queue_and_back(guest, 6) < before * 1.1
