"""Views that are left leave nothing drawn behind: a room that stays open for days must not grow."""

import asyncio
import gc

import pytest
from textual.strip import Strip

from arqlight_screens import control_room
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


async def test_a_view_that_is_not_shown_keeps_nothing_drawn() -> None:
    async with visit(CannedFleet(busy_fleet())) as guest:
        await guest.until_shown("crm:message")
        drawn = strips()
        await guest.press("3")
        await guest.until_shown("worker-2")
        await guest.press("1")
        await guest.until_shown("crm:message")
        assert strips() < drawn * 1.1


async def test_what_is_free_in_the_heap_is_given_back_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = asyncio.Event()
    monkeypatch.setattr(control_room, "GIVE_BACK_EVERY", 0.01)
    monkeypatch.setattr(control_room, "give_back", given_back.set)
    async with visit(CannedFleet(busy_fleet())) as guest:
        await guest.until_shown("crm:message")
        await asyncio.wait_for(given_back.wait(), 10)
