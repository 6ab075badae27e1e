"""What is said to alerts: silenced, lifted, taken in hand, by key, from the menu and by command; and who sees it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core.errors import NotAllowed
from arqlight_core.observe import Acknowledgement, Rule
from arqlight_core.operations import OPERATIONS, Target
from arqlight_screens.alerts import Alerts
from arqlight_screens.forms import Form
from arqlight_screens.limits import Limits
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.room_commands import COMMANDS
from tests.screens import worlds
from tests.screens.canned import NOW, CannedFleet
from tests.screens.canned_alerts import firing, kept
from tests.screens.conftest import Visit, visit
from tests.screens.test_command_line import say

DEAD = "dead-letters@billing:validation"
PAUSED = firing(NOW, Rule.PAUSED, "billing:validation", "paused by anna", 9)


def done(fleet: CannedFleet) -> list[tuple[str, dict[str, Any]]]:
    return [(name, told) for name, told in fleet.performed if not told.get("dry_run")]


async def among_alerts(guest: Visit, *keys: str) -> None:
    await guest.press("A")
    await guest.until(lambda: isinstance(guest.room.screen, Alerts))
    await guest.until_shown("∅ silence")
    await guest.press(*keys)


async def filled(guest: Visit, *keys: str) -> None:
    """Answer the form that comes up."""
    await guest.until(lambda: isinstance(guest.room.screen, Form), "the form")
    await guest.press(*keys, "enter")


@pytest.mark.usefixtures("ticker")
async def test_the_alert_under_the_cursor_is_taken_silenced_and_heard_of_again() -> None:
    fleet = worlds.worst()
    async with visit(fleet) as guest:
        await among_alerts(guest, "o")
        await guest.until(lambda: done(fleet))
        await guest.press("j", "o")
        await guest.until(lambda: "Acknowledge: grace has it." in guest.toasts)
        await guest.press("z")
        await filled(guest)
        await guest.until(lambda: len(done(fleet)) > 1)
        await guest.press("j", "j", "z")
        await guest.until(lambda: len(done(fleet)) > 2)
        await guest.press("G", "z")
        await guest.until(lambda: len(done(fleet)) > 3)
    assert done(fleet) == [
        ("acknowledge_alerts", {"subject": "no-worker@crm:message"}),
        ("silence_alerts", {"subject": "paused@billing:validation", "for_": timedelta(hours=2)}),
        ("lift_alerts", {"silence": "3f9ac2d1"}),
        ("lift_alerts", {"silence": "77b01e4c"}),
    ]


@pytest.mark.usefixtures("ticker")
async def test_what_was_said_is_seen_at_the_next_look(fleet: CannedFleet) -> None:
    fleet.answers["alarms"] = kept(NOW, PAUSED)
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown("billing:validation paused by anna")
        fleet.answers["alarms"] = replace(kept(NOW, PAUSED), acknowledged={PAUSED.key: Acknowledgement("bob", "", NOW)})
        await guest.look()
        assert "bob has it" not in guest.text, "it is read every few seconds"
        await guest.press("A", "j", "o")
        await guest.until(lambda: done(fleet))
        await guest.until_shown("bob has it")


async def test_a_queues_alerts_are_silenced_from_the_menu_of_actions(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("a", "slash", *"silence", "enter", "enter")
        await filled(guest)
        await guest.until(lambda: done(fleet))
    assert done(fleet) == [("silence_alerts", {"subject": "billing:validation", "for_": timedelta(hours=2)})]


async def test_whatever_is_meant_is_said_by_a_command() -> None:
    fleet = worlds.worst()
    async with visit(fleet) as guest:
        for text in ("silence dead-letters", "ack billing:validation", "lift 77b01e4c"):
            number = len(done(fleet))
            await say(guest, text)
            await filled(guest)
            await guest.until(lambda number=number: len(done(fleet)) > number, text)
    assert [name for name, _ in done(fleet)] == ["silence_alerts", "acknowledge_alerts", "lift_alerts"]
    assert [told.get("subject", told.get("silence")) for _, told in done(fleet)] == [
        "dead-letters", "billing:validation", "77b01e4c",
    ]  # fmt: skip


def test_each_operation_on_alerts_is_a_command_of_the_room() -> None:
    words = {one.command.removeprefix("alerts ") for one in OPERATIONS.values() if one.target is Target.ALERT}
    assert words == {"silence", "lift", "acknowledge"} <= {one.name for one in COMMANDS}


async def test_a_login_that_may_not_read_what_the_fleet_keeps_sees_what_is_wrong(fleet: CannedFleet) -> None:
    fleet.answers["alarms"] = NotAllowed("Your login may not.")
    async with visit(fleet) as guest:
        await guest.until_shown("crm:message has no worker: 86,000 wait  start `arqlight fleet`")
        await guest.press("A")
        await guest.until_shown("cannot be read")


async def test_enter_leads_to_where_it_is_seen() -> None:
    fleet = worlds.worst()
    tripped = firing(NOW, Rule.BREAKER, "crm:message", "has its breaker open", 1)
    fleet.answers["alarms"] = replace(fleet.answers["alarms"], episodes={tripped.key: tripped})
    async with visit(fleet) as guest:
        await among_alerts(guest, "enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.press("escape", "slash", *"breaker", "enter", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, Limits))


async def test_no_alert_is_silenced_without_saying_for_how_long() -> None:
    fleet = worlds.worst()
    async with visit(fleet) as guest:
        await among_alerts(guest, "z")
        await guest.until(lambda: isinstance(guest.room.screen, Form), "the form")
        await guest.press("end", "backspace", "backspace", "enter")
        await guest.until_shown("This is needed.")
        assert not done(fleet)
