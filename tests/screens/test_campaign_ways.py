"""The ways from a campaign to its jobs and back, and what is left of it while its records are away."""

from arqlight.domains import RecordsAway
from arqlight_core.jobs import State
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.record_ways import WAYS, way_of
from tests.screens.campaign_visits import to_list, to_one, turn_to
from tests.screens.canned import job
from tests.screens.canned_campaigns import FLOW, FRESH, MESSAGES, campaign, sending_fleet
from tests.screens.conftest import visit

NARROW, WIDE = (80, 24), (120, 40)
AWAY = RecordsAway("The records cannot be read (connection refused); DATABASE_URL says where they are.")


# ---------------------------------------------------------------------- ways to it and from it


async def test_its_job_and_its_flow_lead_back_to_it() -> None:
    fleet = sending_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.until_shown("o its job")
        for key, kind in (("o", JobDetail), ("b", FlowTree)):
            await guest.press(key)
            await guest.until(lambda kind=kind: isinstance(guest.room.screen, kind))
            await guest.until_shown("i campaign")
            await guest.press("i")
            await guest.until(lambda: isinstance(guest.room.screen, CampaignDetail))
        assert ("campaigns", {"correlation_id": FLOW}) in fleet.asked


async def test_a_reason_leads_to_the_dead_jobs_of_this_campaign() -> None:
    fleet = sending_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.until_shown("no consent")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        screen = guest.room.screen
        assert isinstance(screen, QueueJobs)
        assert (screen.state, screen.typed, screen.called) == (State.DEAD, f"flow:{FLOW}", f"{MESSAGES}-dead")


async def test_a_move_leads_to_the_job_that_carries_it_on_and_a_job_to_itself() -> None:
    async with visit(sending_fleet(), WIDE) as guest:
        await to_one(guest)
        await turn_to(guest, "moves")
        await guest.until_shown("draft")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.until_shown("crm.campaign.run")
        await guest.press("escape", "right")
        await guest.until_shown("crm.message.send")
        await guest.press("j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.until_shown("acme:spring-sale:c1")


async def test_a_draft_has_no_job_yet() -> None:
    async with visit(sending_fleet(FRESH), WIDE) as guest:
        await to_one(guest, FRESH)
        await guest.press("o")
        await guest.until(lambda: "It was not started: no job carries it on yet." in guest.toasts)


async def test_a_message_of_no_campaign_says_so() -> None:
    fleet = sending_fleet()
    fleet.answers["campaigns"] = ()
    fleet.jobs["{crm:message}:m1"] = job("{crm:message}:m1", queue=MESSAGES, job_type="crm.message.send")
    async with visit(fleet, WIDE) as guest:
        guest.room.open(JobDetail(MESSAGES, "{crm:message}:m1"))
        await guest.until_shown("i campaign")
        await guest.press("i")
        await guest.until(lambda: "No campaign is on record for this." in guest.toasts)


def test_each_kind_of_record_is_reached_from_its_own_jobs_alone() -> None:
    assert [way.name for way in WAYS] == ["incident", "campaign"]
    told = {one: way.name for one in ("wp.verify", "crm.campaign.run", "crm.message.send") if (way := way_of([one]))}
    assert told == {"wp.verify": "incident", "crm.campaign.run": "campaign", "crm.message.send": "campaign"}
    assert way_of(["billing.validate", "crm.contacts.import"]) is None


# ---------------------------------------------------------------------- what degrades


async def test_records_that_are_away_are_told_and_the_rest_lives() -> None:
    fleet = sending_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        fleet.answers["campaign"] = AWAY
        await turn_to(guest, "jobs")
        await guest.until_shown("! The records cannot be read")
        await guest.until_shown("crm.message.send")
        assert "8,241 pending" in guest.text


async def test_a_state_of_a_newer_version_is_shown_as_it_is() -> None:
    async with visit(sending_fleet(listed=(campaign(state="waning"),)), NARROW) as guest:
        await to_list(guest)
        await guest.until_shown("? waning")
        await to_one(guest)
