"""Going from view to view: one key each, one step back to the overview, and the last view on its own key."""

from arqlight_screens.arrangement import Arrangement
from arqlight_screens.overview import Overview
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.views import VIEWS, view_of
from arqlight_screens.workers import Workers
from tests.screens.canned import CannedFleet
from tests.screens.conftest import visit


async def test_a_digit_opens_a_view_and_escape_leads_back(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("3")
        await guest.until_shown("worker-2")
        await guest.press("escape")
        await guest.until(lambda: isinstance(guest.room.screen, Overview))


async def test_minus_goes_to_and_fro(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("3", "minus")
        await guest.until(lambda: isinstance(guest.room.screen, Overview))
        await guest.press("minus")
        await guest.until(lambda: isinstance(guest.room.screen, Workers))


async def test_a_view_keeps_its_filter_and_its_cursor(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("3", "j", "1")
        await guest.until(lambda: isinstance(guest.room.screen, Overview))
        await guest.press("3")
        await guest.until(lambda: isinstance(guest.room.screen, Workers))
        screen = guest.room.screen
        assert isinstance(screen, Workers)
        assert screen.table.cursor_key == "worker-1"


async def test_the_digit_of_the_view_beneath_closes_what_was_opened_upon_it(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.press("1")
        await guest.until(lambda: isinstance(guest.room.screen, Overview))


async def test_a_table_is_sorted_as_the_operator_wants_it(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("3")
        await guest.until_shown("worker-2")
        guest.room.kept.arrange("workers", Arrangement("worker", reverse=True, hidden=("host",)))
        await guest.look()
        await guest.until_shown("worker▴")
        lines = guest.text.splitlines()
        places = {name: next(at for at, line in enumerate(lines) if name in line) for name in ("worker-2", "worker-0")}
        assert places["worker-2"] < places["worker-0"]
        assert "host" not in guest.text


def test_a_view_is_known_by_its_beginning() -> None:
    assert [view_of(view.name) for view in VIEWS] == list(VIEWS)
    assert view_of("sched") == view_of("schedules")
    assert view_of("") is None
    assert view_of("nowhere") is None
