"""The menu of actions: every operation of the registry that applies, and why one that does not apply cannot be done."""

import pytest

from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Selection, Target
from arqlight_screens.actions_menu import ActionsMenu, choices
from arqlight_screens.forms import Form
from arqlight_screens.keymap import UNAVAILABLE
from arqlight_screens.meant import Meant, of_job, of_jobs, of_queue
from tests.screens.canned import NOW, CannedFleet, busy_fleet
from tests.screens.conftest import Golden, Visit, visit
from tests.screens.test_queue_jobs import FIRST, QUEUE, in_dead_tab

PAUSED = of_queue(QUEUE, busy_fleet().queue(QUEUE))
EVERY_DEAD = of_jobs(Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW), every=True)


def reasons(meant: Meant, denied: frozenset[str] = frozenset()) -> dict[str, str]:
    return {choice.operation.name: choice.why for choice in choices((meant,), denied)}


@pytest.mark.parametrize("target", [Target.QUEUE, Target.TRASH, Target.SETTING])
def test_a_queue_offers_every_operation_on_it_its_trash_and_its_settings(target: Target) -> None:
    offered = {choice.operation.name for choice in choices(PAUSED, frozenset())}
    assert {name for name, one in OPERATIONS.items() if one.target is target} <= offered


def test_what_the_state_forbids_is_told_with_its_reason() -> None:
    told = reasons(of_job(QUEUE, FIRST, State.ACTIVE))
    assert told["retry"] == told["purge"] == "jobs that are active cannot take it"
    assert told["cancel"] == ""
    assert reasons(PAUSED[0])["pause"] == "paused already, by anna"


def test_what_the_login_forbids_is_told_whatever_the_state() -> None:
    told = reasons(of_job(QUEUE, FIRST, State.DEAD), frozenset({"retry"}))
    assert (told["retry"], told["purge"]) == (UNAVAILABLE, "")


def test_all_of_a_tab_are_offered_what_can_be_confirmed() -> None:
    offered = reasons(EVERY_DEAD)
    assert "edit" not in offered
    assert offered["purge"] == ""


def test_what_cannot_be_done_comes_last() -> None:
    whys = [bool(choice.why) for choice in choices(PAUSED, frozenset())]
    assert whys == sorted(whys)


async def in_menu(guest: Visit, *words: str) -> None:
    await guest.press("a")
    await guest.until(lambda: isinstance(guest.room.screen, ActionsMenu), "the menu")
    if words:
        await guest.press("slash", *"_".join(words).replace("_", " "), "enter")


async def test_pausing_with_a_reason_is_five_keys_and_the_reason(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("j")
        await in_menu(guest, "pause")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, Form), "the form")
        await guest.press(*"flood", "enter")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[-1] == ("pause", {"queue": "crm:campaign", "reason": "flood"})


async def test_choosing_what_cannot_be_done_says_why_and_does_nothing(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_menu(guest, "paused already")
        await guest.press("enter")
        await guest.until(lambda: "Pause: paused already, by anna." in guest.toasts)
        assert isinstance(guest.room.screen, ActionsMenu)
        await guest.press("escape", "escape")
        await guest.until(lambda: not isinstance(guest.room.screen, ActionsMenu))
        assert not fleet.performed


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_job_under_the_cursor_and_its_whole_tab_are_both_offered(
    fleet: CannedFleet, golden: Golden, size: tuple[int, int]
) -> None:
    async with visit(fleet, size) as guest:
        await in_dead_tab(guest)
        await in_menu(guest)
        await guest.until_shown("retry all")
        await guest.until_shown("with all their attempts before")  # whole, however narrow its column is
        golden(guest, "actions")


async def test_where_nothing_is_under_the_cursor_nothing_is_offered(fleet: CannedFleet) -> None:
    fleet.answers["bulks"] = ()
    async with visit(fleet) as guest:
        await guest.press("8")
        await guest.until_shown("No operation on many jobs")
        await guest.press("a")
        await guest.until(lambda: "There is nothing under the cursor to act upon." in guest.toasts)
