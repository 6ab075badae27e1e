"""A server that is away, slow or says no: what is old says how old, and nothing is done that would be done later."""

import asyncio

import pytest

from arqlight_core.errors import NotAllowed
from arqlight_screens.source import Unavailable
from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.canned_trails import a_trash
from tests.screens.conftest import Golden, Ticker, visit

AWAY = Unavailable("No server answers at redis://canned:6379 (Connection refused); start it.")


@pytest.fixture
def fleet() -> CannedFleet:
    canned = CannedFleet(busy_fleet())
    canned.answers["trash"] = a_trash()
    return canned


async def test_while_the_server_is_away_nothing_is_asked_of_it_that_it_might_do_later(
    fleet: CannedFleet, ticker: Ticker
) -> None:
    async with visit(fleet) as guest:
        fleet.silence = asyncio.Event()
        await fleet.silence.wait()
        ticker.now += 8  # no look has failed yet: it hangs
        await guest.press("p")
        await guest.until(lambda: guest.toasts)
        assert guest.toasts == ["Nothing was done: the server has not answered for 8s. Press again when it does."]
        assert not fleet.performed


async def test_a_server_that_is_back_is_asked_again(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        fleet.failure = AWAY
        ticker.now += 8
        await guest.look()
        await guest.press("p")
        await guest.until(lambda: guest.toasts)
        fleet.failure = None
        await guest.look()
        await guest.press("p")
        await guest.until(lambda: fleet.performed == [("resume", {"queue": "billing:validation"})])


async def test_what_was_read_long_before_the_server_went_away_says_its_own_age(
    fleet: CannedFleet, ticker: Ticker, golden: Golden
) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"trash", "enter")
        await guest.until_shown("u undo")
        await guest.press("1")
        ticker.now += 90
        await guest.look()
        fleet.failure = AWAY
        await guest.press("colon", *"trash", "enter")
        ticker.now += 10
        await guest.look()
        await guest.until_shown("server away 10s")
        await guest.until_shown(" 1m old ")
        golden(guest, "trash-aged")


async def test_a_question_that_is_refused_leaves_its_last_answer_with_its_age_and_the_rest_alive(
    fleet: CannedFleet, ticker: Ticker
) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"trash", "enter")
        await guest.until_shown("u undo")
        fleet.answers["trash"] = NotAllowed("Your login may not read the trash.")
        ticker.now += 30
        await guest.look()
        await guest.until_shown("! Your login may not read the trash.")
        await guest.until_shown(" 30s old ")
        assert "server away" not in guest.text
        fleet.answers["trash"] = a_trash()
        await guest.look()
        await guest.until(lambda: " old " not in guest.text)


async def test_what_could_never_be_read_says_why_it_is_empty(fleet: CannedFleet) -> None:
    fleet.answers["trash"] = NotAllowed("Your login may not read the trash.")
    async with visit(fleet) as guest:
        await guest.press("colon", *"trash", "enter")
        await guest.until_shown("this could not be read: the line below says why")
        await guest.until_shown("! Your login may not read the trash.")


async def test_what_is_opened_while_the_server_is_away_says_that_it_waits_for_it(
    fleet: CannedFleet, ticker: Ticker
) -> None:
    async with visit(fleet) as guest:
        fleet.failure = AWAY
        ticker.now += 8
        await guest.look()
        await guest.press("enter")
        await guest.until_shown("the server is away: this is read as soon as it answers")
        fleet.failure = None
        await guest.look()
        await guest.until_shown("no waiting jobs")
