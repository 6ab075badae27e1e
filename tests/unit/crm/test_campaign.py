"""A campaign step by step: its pages, the threshold, the tier, and recipients whose jobs are lost."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import DAY, HOUR, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm import campaign, campaign_pages
from arqlight_jobs.crm.campaign_audience import freeze_page
from arqlight_jobs.crm.campaign_pages import LIVING, MAIL, MESSAGE, MOST_LOST, Overdue, Room, Tally, account, room_of
from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.recipients import campaign_state, mail_entity, put_back, settled
from arqlight_jobs.crm.requests import EmailAsked, MessageAsked
from arqlight_jobs.crm.tables.messaging import campaigns, messages
from arqlight_jobs.crm.tables.people import senders
from arqlight_jobs.outbound.effects import State as EffectState
from tests.unit.crm.campaigning import TEMPLATE, Desk, R, add, many, open_desk
from tests.unit.crm.post import SENDER, TENANT, contact_row
from tests.unit.outbound.conftest import postgresql_server, settings

__all__ = ["postgresql_server", "settings"]


@pytest.fixture
async def desk(settings: Settings) -> AsyncGenerator[Desk]:
    async with open_desk(settings) as opened:
        yield opened


# ------------------------------------------------------------------ carried on


async def test_pages_are_queued_while_few_are_on_their_way_until_everybody_is_through(desk: Desk) -> None:
    await add(desk, *many(1700))
    await desk.create()
    assert await desk.run() == "sending"
    assert await desk.counts() == {"queued": 1000, "pending": 700}
    assert await desk.run() == "sending"
    assert len(desk.queued) == 1000
    await desk.end(R.SENT, 500)
    await desk.run()
    assert await desk.counts() == {"sent": 500, "queued": 1000, "pending": 200}
    await desk.end(R.SENT, 1000)
    await desk.run()
    await desk.end(R.SENT, 200)
    assert await desk.run() == {"state": "done", "sent": 1700}
    assert await desk.state() is CampaignState.DONE
    assert await desk.run() == {"state": "done", "sent": 1700}
    assert desk.percents == sorted(desk.percents)
    assert desk.percents[-1] == 100
    name, payload = desk.queued[0]
    assert (name, payload) == (MESSAGE, MessageAsked(TENANT, SENDER, "c0000", "template", "c:c0000:0", "c"))
    assert len({payload.client_ref for _, payload in desk.queued}) == 1700


async def test_a_campaign_by_mail_queues_mails(desk: Desk) -> None:
    await add(desk, contact_row("a", None, email="a@x.y"))
    await desk.create(channel="email", sender="", content="mail")
    await desk.run()
    assert desk.queued == [(MAIL, EmailAsked(TENANT, "a", "mail", mail_entity("c", "a", 0), "c"))]
    assert mail_entity("c", "a", 0) != mail_entity("c", "a", 1)


async def test_a_crash_between_queueing_and_noting_it_queues_the_same_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(desk, *many(3))
    await desk.create()

    async def killed(*_: Any) -> None:
        raise LeaseLost("killed")

    with monkeypatch.context() as patched:
        patched.setattr(campaign, "mark_queued", killed)
        with pytest.raises(LeaseLost):
            await desk.run()
    before, desk.queued = desk.queued, []
    await desk.run()
    assert desk.queued == before


async def test_whose_job_was_faster_than_the_note_is_not_put_back(desk: Desk) -> None:
    await add(desk, *many(3))
    await desk.create()
    await freeze_page(desk.engine, await desk.here.find("c"), TEMPLATE)
    page = await campaign_pages.next_page(desk.engine, "c", 3)
    assert page
    await settled(desk.engine, "c", "c0000", R.SENT)
    await put_back(desk.engine, "c", "c0001")
    await campaign_pages.mark_queued(desk.engine, "c", page)
    assert await desk.counts() == {"sent": 1, "pending": 1, "queued": 1}


async def test_it_is_paused_and_resumed_in_another_round(desk: Desk) -> None:
    await add(desk, *many(3))
    await desk.create()
    await desk.run()
    await desk.here.move("c", (CampaignState.RUNNING,), CampaignState.PAUSED)
    for one in range(3):
        await put_back(desk.engine, "c", f"c{one:04}")
    assert await desk.run() == "the campaign is paused"
    assert len(desk.queued) == 3
    await desk.here.move("c", (CampaignState.PAUSED,), CampaignState.RUNNING)
    await desk.run()
    assert [payload.client_ref for _, payload in desk.queued[3:]] == [f"c:c{one:04}:1" for one in range(3)]
    assert desk.percents == sorted(desk.percents)


async def test_it_is_cancelled_and_ends_when_nothing_is_on_its_way(desk: Desk) -> None:
    await add(desk, *many(1200))
    await desk.create()
    await desk.run()
    await desk.here.move("c", (CampaignState.RUNNING,), CampaignState.CANCELLED, "a typo")
    assert await desk.run() == "the campaign is cancelled"
    assert await desk.counts() == {"queued": 1000, "cancelled": 200}
    await desk.end(R.CANCELLED, 1000)
    assert await desk.run() == {"state": "cancelled", "cancelled": 1200}


async def test_a_draft_that_is_run_starts(desk: Desk) -> None:
    await add(desk, *many(1))
    await desk.create(start=False)
    assert await desk.run() == "started"
    assert await desk.state() is CampaignState.RUNNING


async def test_what_ended_stays_so_but_was_sent_after_all(desk: Desk) -> None:
    await add(desk, *many(1))
    await desk.create()
    await desk.run()
    for state, then in (
        (R.UNKNOWN, "unknown"),
        (R.FAILED, "failed"),
        (R.SKIPPED, "failed"),
        (R.SENT, "sent"),
        (R.FAILED, "sent"),
    ):
        await settled(desk.engine, "c", "c0000", state)
        assert await desk.counts() == {then: 1}
    await put_back(desk.engine, "c", "c0000")
    assert await desk.counts() == {"sent": 1}


# ------------------------------------------------------------------ what cannot be sent


async def test_an_empty_audience_is_permanent(desk: Desk) -> None:
    await add(desk, contact_row("a", None))
    await desk.create()
    with pytest.raises(Discard, match="audience is empty"):
        await desk.run()
    found = await desk.here.find("c")
    assert (found.state, found.reason) == (CampaignState.STOPPED, "nobody in its audience can be written to")


@pytest.mark.parametrize("content", ["mail", "gone"])
async def test_a_content_that_is_gone_or_unfit_is_permanent(desk: Desk, content: str) -> None:
    await add(desk, *many(1))
    await desk.create()
    async with desk.engine.begin() as connection:
        await connection.execute(update(campaigns).values(content=content))
    with pytest.raises(Discard):
        await desk.run()
    assert await desk.state() is CampaignState.STOPPED


async def test_a_campaign_that_is_not_there_is_discarded(desk: Desk) -> None:
    with pytest.raises(Discard, match="no campaign c"):
        await desk.run()
    async with desk.engine.connect() as connection:
        assert await campaign_state(connection, "c") is None


@pytest.mark.parametrize(("failed", "sent", "stops"), [(10, 40, True), (9, 41, False), (9, 40, False), (49, 0, False)])
async def test_too_many_failures_stop_it(desk: Desk, failed: int, sent: int, *, stops: bool) -> None:
    await add(desk, *many(200))
    await desk.create()
    await desk.run()
    await desk.end(R.FAILED, failed)
    await desk.end(R.SENT, sent)
    assert await desk.run() == ("stopped" if stops else "sending")
    assert await desk.state() is (CampaignState.STOPPED if stops else CampaignState.RUNNING)


async def test_who_resumes_it_overlooks_what_has_failed_by_then(desk: Desk) -> None:
    await add(desk, *many(200))
    await desk.create()
    await desk.run()
    await desk.end(R.FAILED, 60)
    assert await desk.run() == "stopped"
    assert await desk.here.move("c", (CampaignState.STOPPED,), CampaignState.RUNNING, "it was the template")
    assert await desk.run() == "sending"
    await desk.end(R.FAILED, 50)
    assert await desk.run() == "stopped"


# ------------------------------------------------------------------ the sender's tier


async def test_no_more_people_are_written_to_in_a_day_than_the_tier_allows(desk: Desk) -> None:
    async with desk.engine.begin() as connection:
        await connection.execute(update(senders).values(tier=5))
    await add(desk, *many(8))
    await desk.create()
    await desk.run()
    assert await desk.counts() == {"queued": 5, "pending": 3}
    assert await desk.run() == "the sender's tier is used up"
    row = {"tenant": TENANT, "sender": SENDER, "content": "template", "campaign": "c", "job_id": "j", "status": "sent"}
    row |= {"reason": "", "wamid": "w", "created_at": now()}
    at = now() - 23 * HOUR
    sent = [{**row, "key": f"k{one}", "contact": f"c{one:04}", "sent_at": at} for one in range(5)]
    async with desk.engine.begin() as connection:
        await connection.execute(insert(messages), sent)
    await desk.end(R.SENT, 5)
    async with desk.engine.connect() as connection:
        room = await room_of(connection, SENDER, 5)
    assert room == Room(0, at + DAY)
    async with desk.engine.begin() as connection:
        await connection.execute(update(messages).values(sent_at=now() - 25 * HOUR))
    assert await desk.run() == "sending"
    assert await desk.counts() == {"sent": 5, "queued": 3}


# ------------------------------------------------------------------ lost jobs


@pytest.mark.parametrize("job", [*JobState, None])
@pytest.mark.parametrize("effect", [*EffectState, None])
def test_a_lost_recipient_is_accounted_by_the_outbox_and_never_queued_again_if_it_may_have_been_sent(
    job: JobState | None, effect: EffectState | None
) -> None:
    told = account(Overdue("a", 0, effect), job)
    if job in LIVING:
        assert told is None
        return
    assert told
    state = told[0]
    if effect is EffectState.SENT:
        assert state is R.SENT
    elif effect in (EffectState.SENDING, EffectState.UNKNOWN):
        assert state is R.UNKNOWN
    else:
        assert state is {JobState.DEAD: R.FAILED, JobState.CANCELLED: R.CANCELLED}.get(
            job or JobState.ACTIVE, R.PENDING
        )
    assert account(Overdue("a", MOST_LOST, None), None) == (R.FAILED, "its job was lost again and again")


async def test_what_was_lost_is_queued_again_in_another_round_and_who_lives_is_left_alone(desk: Desk) -> None:
    await add(desk, *many(3))
    await desk.create()
    await desk.run()
    found = await campaign_pages.overdue(desk.engine, await desk.here.find("c"), timedelta(0))
    told = [(one, account(one, state)) for one, state in zip(found, (JobState.HELD, None, JobState.DEAD), strict=True)]
    await settled(desk.engine, "c", found[2].contact, R.SENT)
    await campaign_pages.settle_overdue(desk.engine, "c", told)
    assert await desk.counts() == {"queued": 1, "pending": 1, "sent": 1}
    assert not await campaign_pages.overdue(desk.engine, await desk.here.find("c"), 60 * SECOND)
    await desk.run()
    assert desk.queued[-1][1].client_ref.endswith(":1")


def test_progress_never_falls_and_ends_at_a_hundred() -> None:
    def tally(waiting: int, pending: int, queued: int, sent: int) -> int:
        counts = dict.fromkeys(R, 0) | {R.PENDING: pending, R.QUEUED: queued, R.SENT: sent}
        return Tally(counts, waiting).percent

    assert [tally(0, 0, 0, 0), tally(9, 9, 0, 0), tally(0, 0, 9, 0), tally(0, 9, 0, 0), tally(0, 0, 0, 9)] == [
        10,
        10,
        30,
        30,
        100,
    ]
