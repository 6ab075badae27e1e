"""Breakers and limits: how each stands, the drawing of a breaker, and what the keys do to what is under the cursor."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from arqlight.store_fleet import StoreFleet
from arqlight_core.errors import ServerRefused
from arqlight_core.jobs import State
from arqlight_core.observe import SettingView, Use
from arqlight_core.observe.protection import Forced
from arqlight_core.store.gateway import Store
from arqlight_screens.guard_rows import Guard, rules_of
from arqlight_screens.guard_story import machine, story
from arqlight_screens.queue_jobs import QueueJobs
from tests.screens.canned import NOW, CannedFleet, counts, fleet_view, queue
from tests.screens.canned_limits import breaker, breakers, limit, limits
from tests.screens.conftest import Visit, visit

Golden = Callable[[Visit, str], None]


def guarded() -> CannedFleet:
    fleet = CannedFleet(fleet_view(queue("healer:incident-processing", counts=counts(held=3)), queue("crm:message")))
    fleet.answers |= {"breakers": breakers(NOW), "limits": limits(NOW)}
    return fleet


async def at_limits(guest: Visit, *keys: str) -> None:
    await guest.press("4")
    await guest.until_shown("site:deploys")
    await guest.press(*keys)


@pytest.mark.usefixtures("ticker")
async def test_a_limit_tells_how_full_it_is_and_for_whom(golden: Golden) -> None:
    async with visit(guarded()) as guest:
        await at_limits(guest, *"jjjjj")
        await guest.until_shown("free in 42s")
        golden(guest, "limits")


async def test_without_any_it_says_how_they_are_declared() -> None:
    fleet = guarded()
    fleet.answers |= {"breakers": (), "limits": ()}
    async with visit(fleet) as guest:
        await guest.press("4")
        await guest.until_shown("A Queue has a breaker by `breaker`")


@pytest.mark.parametrize(
    ("key", "operation"),
    [("t", "trip_breaker"), ("c", "close_breaker"), ("h", "half_open_breaker"), ("r", "reset_breaker")],
)
async def test_a_key_does_its_operation_to_the_breaker_under_the_cursor(key: str, operation: str) -> None:
    fleet = guarded()
    async with visit(fleet) as guest:
        await at_limits(guest, "j", "j", "j", key)
        await guest.until(lambda: fleet.performed == [(operation, {"breaker": "site:publish"})])


async def test_on_a_limit_the_keys_of_breakers_are_neither_hinted_nor_done() -> None:
    fleet = guarded()
    async with visit(fleet) as guest:
        await at_limits(guest, "G")
        await guest.until(lambda: "half-open  r reset" not in guest.text)
        await guest.press("t")
        await guest.until(lambda: guest.toasts)
        assert not fleet.performed


async def test_enter_shows_the_jobs_that_are_held() -> None:
    async with visit(guarded()) as guest:
        await at_limits(guest, "enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        screen = guest.room.screen
        assert isinstance(screen, QueueJobs)
        assert screen.state is State.HELD


async def test_limits_that_cannot_be_read_leave_the_breakers(ticker: Any) -> None:
    del ticker
    fleet = guarded()
    fleet.answers["limits"] = ServerRefused("The server refuses this: no rights.")
    async with visit(fleet) as guest:
        await guest.press("4")
        await guest.until_shown("mail-api")
        await guest.until_shown("! The server refuses this: no rights.")


async def test_it_says_when_nothing_is_held() -> None:
    fleet = guarded()
    fleet.answers |= {"breakers": (breaker(NOW, "a:a"),), "limits": (limit(NOW, "free"),)}
    async with visit(fleet) as guest:
        await guest.press("4")
        await guest.until_shown("nothing is held by a breaker or a limit")


def text_of(lines: Any) -> str:
    return "\n".join("".join(part.text for part in line) for line in lines)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({}, ["0 of 5 in a row", "after 5m"]),
        ({"in_a_row": 4}, ["4 of 5 in a row"]),
        ({"state": "open", "half_open_in_ms": 240_000}, ["in 4m", "┃    ⊗ open   ┃"]),
        ({"state": "open", "half_open_in_ms": 0}, ["the next job"]),
        ({"state": "half-open", "probes": 1, "passed": 1}, ["1 of 1 probes out, 1 of 2 went well"]),
        ({"forced": Forced("open", "ada", "", 0)}, ["┃    ⊗ open   ┃"]),
    ],
)
def test_the_machine_marks_where_it_is_and_what_leads_on(told: dict[str, Any], shown: list[str]) -> None:
    drawn = text_of(machine(breaker(NOW, "a:a", **told)))
    assert [text for text in shown if text not in drawn] == []
    assert {len(line) for line in drawn.splitlines()[:3]} == {78}


def test_rules_that_nobody_can_read_are_no_rules() -> None:
    assert rules_of(replace(breaker(NOW, "a"), rules="of another kind")) is None
    assert Guard(replace(breaker(NOW, "a"), rules="none")).fill == (0, 0)


def test_a_forced_breaker_tells_who_why_and_until_when() -> None:
    told = text_of(story(Guard(breakers(NOW)[2]), 119))
    assert "forced open by ada until 20:55:40: their API is being moved; itself it is closed" in told


def test_keys_that_wait_and_are_not_shown_are_counted() -> None:
    told = text_of(story(Guard(limits(NOW)[0]), 80))
    assert "acme" in told
    assert "and 17 more keys that wait" in told


def test_a_limit_without_any_use_is_not_full() -> None:
    assert Guard(limit(NOW, "x", uses=())).fill == (0, 0)
    assert Guard(limit(NOW, "x", uses=(Use("", "", 1, 2),))).fill == (1, 2)


async def test_another_rate_is_asked_for_and_set_where_the_limit_stands() -> None:
    fleet = guarded()
    rates = SettingView("rate:sending", "20/min", "5/min", "ada", "", NOW)
    fleet.seen = fleet_view(queue("crm:message", settings=(rates,)))
    async with visit(fleet) as guest:
        await at_limits(guest, "G", "k", "equals_sign")
        await guest.until_shown("sending=5/min")


async def test_without_a_queue_that_has_the_setting_nothing_can_be_set() -> None:
    async with visit(guarded()) as guest:
        await at_limits(guest, "equals_sign")
        await guest.until(lambda: "Nothing that could be set is under the cursor." in guest.toasts)


async def test_on_a_real_server_a_breaker_is_tripped_and_reset_and_a_limit_shows_its_use(store: Store) -> None:
    told = {
        "wire": "arq:{crm:mail}",
        "breaker": "faults=3, open_for=5 min",
        "limits": {"sending": {"rates": ["20 per min"], "exact": True}},
    }
    await store.publish_queues({"crm:mail": told})
    async with visit(StoreFleet(lambda: store.url, "otto")) as guest:
        await guest.press("4")
        await guest.until(lambda: "0/20" in guest.line("sending") and "closed" in guest.line("crm:mail"))
        await guest.press("t")
        await guest.until_shown("forced open by otto until it is reset")
        await guest.press("r")
        await guest.until(lambda: "closed" in guest.line("crm:mail"))
