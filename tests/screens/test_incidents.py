"""Incidents: the list, one with its machine and its sections, the ways to it, and how one is begun and ended."""

import re

import pytest

from arqlight.domains import RecordsAway
from arqlight_core.errors import UsageError
from arqlight_core.incidents import IncidentView
from arqlight_core.jobs import State
from arqlight_jobs.healer.machine import WAYS, Phase, Way
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.incident_detail import SECTIONS, IncidentDetail
from arqlight_screens.incident_forms import GiveUp
from arqlight_screens.incident_machine import machine
from arqlight_screens.incidents import Incidents
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.lines import Line
from arqlight_screens.tones import PHASES
from tests.screens.canned import job
from tests.screens.canned_incidents import ESCALATED, FIXING, JOBS, LISTED, QUEUE, VERIFIED, healing_fleet, moves
from tests.screens.conftest import Golden, Visit, visit

NARROW, WIDE = (80, 24), (120, 40)
AWAY = RecordsAway("The records cannot be read (connection refused); DATABASE_URL says where they are.")


async def to_list(guest: Visit) -> None:
    await guest.press("colon", *"incidents", "enter")
    await guest.until(lambda: isinstance(guest.room.screen, Incidents))


async def to_one(guest: Visit) -> None:
    await to_list(guest)
    await guest.until_shown("shop.example")
    await guest.press("enter")
    await guest.until(lambda: isinstance(guest.room.screen, IncidentDetail))
    await guest.until_shown("DISCOVERY")


async def turn_to(guest: Visit, section: str) -> None:
    await guest.press(*["right"] * SECTIONS.index(section))


def text_of(line: Line) -> str:
    return "".join(part.text for part in line)


# ---------------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("view", "section", "size", "shown", "name"),
    [
        (VERIFIED, "evidence", WIDE, "2,714 bytes", "incident-evidence"),
        (VERIFIED, "fixes", NARROW, "PB04", "incident-fixes"),
        (VERIFIED, "health", NARROW, "the home page answers 500", "incident-health"),
        (VERIFIED, "jobs", WIDE, "wp.verify", "incident-jobs"),
        (ESCALATED, "report", NARROW, "needs a person", "incident-report"),
    ],
)
async def test_one_incident_in_its_sections(
    golden: Golden, view: IncidentView, section: str, size: tuple[int, int], shown: str, name: str
) -> None:
    async with visit(healing_fleet(view), size) as guest:
        await to_one(guest)
        await turn_to(guest, section)
        await guest.until_shown(shown)
        golden(guest, name)


# ---------------------------------------------------------------------- the machine


def test_the_machine_has_every_state_that_an_incident_can_be_in() -> None:
    drawn = "\n".join(map(text_of, machine((), "NEW")))
    assert set(re.findall(r"[A-Z_]{3,}", drawn)) == set(Phase) == set(PHASES)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.outcome)
def test_each_way_that_was_taken_shows(way: Way) -> None:
    drawn = machine(moves((way.source, way.target, way.outcome, "")), way.target)
    heavy = "".join(part.text for line in drawn for part in line if part.tone == "busy")
    assert set(heavy) & set("━┃▲▶◀")
    assert not set("".join(map(text_of, machine((), way.target)))) & set("━┃▲▶◀")


def test_the_machine_shows_where_it_is_and_how_often_it_was_there() -> None:
    drawn = [text_of(line) for line in machine(moves(*FIXING), "VERIFY")]
    assert "[● VERIFY x2]" in drawn[2]
    assert "✓ FIX_ATTEMPT x2" in drawn[2]
    assert "· FIXED" in drawn[2]
    assert max(map(len, drawn)) <= 78


def test_a_state_of_a_newer_version_does_not_break_the_drawing() -> None:
    assert machine(moves(("NEW", "REVIEW", "asked", "")), "REVIEW")


# ---------------------------------------------------------------------- ways to it and from it


async def test_a_step_of_the_timeline_leads_to_its_job_and_that_back_to_the_incident() -> None:
    fleet = healing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.press("j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.until_shown("wp.verify")
        await guest.until_shown("i incident")
        await guest.press("i")
        await guest.until(lambda: isinstance(guest.room.screen, IncidentDetail))
        assert ("incidents", {"correlation_id": "incident-4be1"}) in fleet.asked


async def test_its_jobs_are_opened_one_by_one_or_as_a_flow_that_leads_back() -> None:
    async with visit(healing_fleet(), WIDE) as guest:
        await to_one(guest)
        await turn_to(guest, "jobs")
        await guest.until_shown("wp.discovery")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape", "b")
        await guest.until(lambda: isinstance(guest.room.screen, FlowTree))
        await guest.until_shown("i incident")
        await guest.press("i")
        await guest.until(lambda: isinstance(guest.room.screen, IncidentDetail))


async def test_a_job_of_something_else_has_no_incident() -> None:
    fleet = healing_fleet()
    fleet.jobs |= {"{billing:validation}:x": job("{billing:validation}:x", State.DEAD)}
    async with visit(fleet, WIDE) as guest:
        guest.room.open(JobDetail("billing:validation", "{billing:validation}:x"))
        await guest.until_shown("billing.validate")
        assert "i incident" not in guest.text
        await guest.press("i")
        await guest.until(lambda: "This is part of no incident or campaign." in guest.toasts)
        assert not fleet.asked


async def test_a_job_that_heals_without_an_incident_on_record_says_so() -> None:
    fleet = healing_fleet()
    fleet.answers["incidents"] = ()
    async with visit(fleet, WIDE) as guest:
        guest.room.open(JobDetail(QUEUE, JOBS.steps[1].id))
        await guest.until_shown("i incident")
        await guest.press("i")
        await guest.until(lambda: "No incident is on record for this." in guest.toasts)


# ---------------------------------------------------------------------- begun and ended


async def test_an_incident_is_opened_on_a_site_that_is_named() -> None:
    fleet = healing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_list(guest)
        await guest.press("n", *"shop.example", "tab", *"wsod", "enter")
        await guest.until(lambda: fleet.ordered)
        assert fleet.ordered == [("open_on", {"site": "shop.example", "symptom": "wsod", "priority": "high"})]
        await guest.until(lambda: "Incident 77aa is open on shop.example." in guest.toasts)


async def test_an_unknown_site_is_said_at_the_field_and_can_be_mended() -> None:
    fleet = healing_fleet()
    fleet.answers["open_on"] = UsageError("There is no site shup.")
    async with visit(fleet, WIDE) as guest:
        await to_list(guest)
        await guest.press("n", *"shup", "enter")
        await guest.until_shown("There is no site shup.")
        fleet.answers["open_on"] = "Incident 77aa is open on shop."
        await guest.press("backspace", "backspace", *"op", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, Incidents))


async def test_giving_up_needs_a_reason() -> None:
    fleet = healing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.press("K", "enter")
        await guest.until_shown("This is needed.")
        assert not fleet.ordered
        await guest.press(*"mine", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, IncidentDetail))
        assert fleet.ordered == [("give_up", {"incident_id": "4be1c09a7d52", "reason": "mine"})]


async def test_giving_up_is_left_by_escape_and_not_offered_for_what_is_over() -> None:
    fleet = healing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_list(guest)
        await guest.until_shown("shop.example")
        await guest.press("K")
        await guest.until(lambda: isinstance(guest.room.screen, GiveUp))
        await guest.press("escape", "G", "K")
        await guest.until(lambda: "It is over already: FIXED." in guest.toasts)
        assert not fleet.ordered


# ---------------------------------------------------------------------- what degrades


async def test_records_that_are_away_are_told_and_the_rest_lives() -> None:
    fleet = healing_fleet()
    fleet.answers["incidents"] = AWAY
    async with visit(fleet, NARROW) as guest:
        await to_list(guest)
        await guest.until_shown("! The records cannot be read")
        fleet.answers["incidents"] = LISTED
        await guest.press("slash", *"shop")
        await guest.until_shown("shop.example")
        assert "The records" not in guest.text


async def test_an_incident_keeps_what_was_seen_of_it_and_its_jobs_while_the_records_are_away() -> None:
    fleet = healing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        fleet.answers["incident"] = AWAY
        await turn_to(guest, "jobs")
        await guest.until_shown("! The records cannot be read")
        await guest.until_shown("wp.verify")
        assert "[● VERIFY x2]" in guest.text
