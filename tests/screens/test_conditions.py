"""Every view on a normal day, without anything, on the worst day, without its server, and with more than fits."""

import pytest

from arqlight_screens.source import Unavailable
from arqlight_screens.views import VIEWS
from tests.screens.conditions import CONDITIONS, EXCEPTED, PAGES, SHOWN, Sitting, sittings
from tests.screens.conftest import GOLDEN, Golden, Ticker, visit

AWAY = Unavailable("No server answers at redis://canned:6379 (Connection refused); start it.")


@pytest.mark.parametrize("sitting", sittings(), ids=lambda one: f"{one.name}-{one.size[0]}")
async def test_each_view_in_each_condition_looks_so(sitting: Sitting, golden: Golden, ticker: Ticker) -> None:
    fleet = CONDITIONS[sitting.condition]()
    async with visit(fleet, sitting.size) as guest:
        sitting.open(guest.room)
        await guest.until_shown(sitting.words)
        if sitting.condition == "stale":
            fleet.failure = AWAY
            ticker.now += 12
            await guest.look()
            await guest.until_shown("server away 12s")
        await guest.pilot.pause()
        golden(guest, sitting.name)


def test_no_view_is_without_a_picture_of_each_condition() -> None:
    views = {view.name for view in VIEWS} | set(PAGES)
    assert set(SHOWN) == views, "a new view says in tests/screens/conditions.py what it shows in each condition"
    owed = {(view, condition) for view in views for condition in CONDITIONS} - set(EXCEPTED)
    assert {one for one in owed if not (GOLDEN / f"{one[0]}-{one[1]}-80x24.txt").exists()} == set()
