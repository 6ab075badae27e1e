"""Help, hints, palette and bindings say the same, because they are made of the same tables."""

import pytest
from textual.command import CommandPalette

from arqlight_core.operations import OPERATIONS, Target
from arqlight_screens.alerts import Alerts
from arqlight_screens.audit import Audit
from arqlight_screens.bulks import Bulks
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.campaigns import Campaigns
from arqlight_screens.confirm import KEYS
from arqlight_screens.doctor import Doctor
from arqlight_screens.events import Events
from arqlight_screens.failure_group import FailureJobs
from arqlight_screens.failures import Failures
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.flows import Flows
from arqlight_screens.help import Help, entries
from arqlight_screens.incident_detail import IncidentDetail
from arqlight_screens.incidents import Incidents
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import UNDO, bindings
from arqlight_screens.limits import Limits
from arqlight_screens.operation_keys import on_target, pressable
from arqlight_screens.overview import Overview
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.schedules import Schedules
from arqlight_screens.server import Server
from arqlight_screens.trash import Trash
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.text_pane import TextPane
from arqlight_screens.worker_detail import WorkerDetail
from arqlight_screens.workers import Workers
from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.conftest import visit

SCREENS: list[type[RoomScreen]] = [
    Overview,
    QueueJobs,
    JobDetail,
    Workers,
    WorkerDetail,
    Schedules,
    Server,
    Doctor,
    Failures,
    FailureJobs,
    Flows,
    FlowTree,
    Events,
    Limits,
    Alerts,
    Incidents,
    IncidentDetail,
    Campaigns,
    CampaignDetail,
    Bulks,
    Audit,
    Trash,
]
PANES = (JobDetail, Server)
"""Those that show a page, not a table."""
UNTOLD = {"ctrl+c", "super+c", "ctrl+q", "tab", "shift+tab"}
"""Textual's own, some of which we take over."""


def bound(kind: type[RoomScreen]) -> set[str]:
    keys = {key for owner in kind.__mro__ for key in _keys_of(owner)}
    return (keys | _keys_of(TextPane if kind in PANES else LineTable)) - UNTOLD


def _keys_of(owner: type) -> set[str]:
    made = vars(owner).get("BINDINGS", [])
    return {key for binding in made for key in getattr(binding, "key", "").split(",") if key}


@pytest.mark.parametrize("kind", SCREENS)
def test_help_lists_every_binding(kind: type[RoomScreen]) -> None:
    told = {key for entry in entries(kind.KEYS, kind.LEAVING) for key in entry.key.keys.split(",")}
    assert bound(kind) - told - UNTOLD <= {"escape", "backspace"}


@pytest.mark.parametrize("kind", SCREENS)
def test_every_key_of_help_is_bound(kind: type[RoomScreen]) -> None:
    told = {key for entry in entries(kind.KEYS, kind.LEAVING) for key in entry.key.keys.split(",")}
    assert told - UNTOLD <= bound(kind) | {"ctrl+p"}


@pytest.mark.parametrize("kind", SCREENS)
def test_no_key_means_two_things(kind: type[RoomScreen]) -> None:
    seen: dict[str, str] = {}
    for entry in entries(kind.KEYS, kind.LEAVING):
        for key in entry.key.keys.split(","):
            assert seen.setdefault(key, entry.key.action) == entry.key.action


def test_every_operation_that_a_key_can_stand_for_has_it_among_those_of_its_target() -> None:
    for operation in OPERATIONS.values():
        if pressable(operation):
            keys = (*on_target(operation.target), UNDO)
            [key] = [key for key in keys if operation.name in key.operations]
            assert key.keys == operation.key


def test_queues_and_jobs_are_acted_upon_where_they_are_shown() -> None:
    hinted = {key.keys for kind in SCREENS for key in kind.KEYS}
    shown = (Target.QUEUE, Target.JOBS)
    assert {one.key for one in OPERATIONS.values() if one.target in shown and pressable(one)} <= hinted


async def test_help_is_searched_and_does_what_it_shows() -> None:
    fleet = CannedFleet(busy_fleet())
    async with visit(fleet) as guest:
        await guest.press("question_mark")
        await guest.until(lambda: isinstance(guest.room.screen, Help))
        await guest.press("slash", *"freeze", "enter")
        await guest.until(lambda: "one line down" not in guest.text)
        await guest.press("enter")
        await guest.until_shown("FROZEN")
        await guest.press("question_mark", "slash", *"open what", "enter", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))


async def test_the_palette_knows_operations_and_queues() -> None:
    fleet = CannedFleet(busy_fleet())
    async with visit(fleet) as guest:
        await guest.press("ctrl+p")
        await guest.until(lambda: isinstance(guest.room.screen, CommandPalette))
        await guest.press(*"outreach")
        await guest.until_shown("queue outreach:send")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.until_shown("outreach:send")


def test_the_question_answers_to_its_own_keys_only() -> None:
    assert {binding.key for binding in bindings(KEYS)} == {"y", "enter", "escape,n,q"}
