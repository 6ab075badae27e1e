"""What a screen is told of campaigns: counted in the records, on SQLite and on PostgreSQL."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arqlight.orders import crm
from arqlight_core.campaigns import CAMPAIGN, CAMPAIGNS, FITS, OVER, Recipients
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import HOUR, MINUTE, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm import answers
from arqlight_jobs.crm.campaigns import CampaignState, RecipientState
from arqlight_jobs.crm.tables.messaging import campaign_moves, campaigns
from tests.unit.crm.drive import Drive, a_drive

SENT, FAILED, SKIPPED = RecipientState.SENT, RecipientState.FAILED, RecipientState.SKIPPED


@pytest.fixture
async def drive(tmp_path: Path) -> AsyncGenerator[Drive]:
    async with a_drive(Settings(data_dir=tmp_path / "data")) as made:
        yield made


async def begun(drive: Drive, campaign: str, ago: timedelta) -> None:
    """As if it had been started that long ago."""
    async with drive.known.engine.begin() as connection:
        mine = update(campaigns).where(campaigns.c.id == campaign)
        await connection.execute(mine.values(started_at=now() - ago))
        await connection.execute(
            update(campaign_moves).where(campaign_moves.c.campaign == campaign).values(at=now() - ago)
        )


async def test_one_that_runs_is_told_however_many_were_over_since(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_READ", 2)
    monkeypatch.setattr(answers, "MOST_OVER", 2)
    await drive.running("old")
    for name in ("a", "b", "c"):
        await drive.draft(name)
        assert await drive.told.move(name, (CampaignState.DRAFT,), CampaignState.CANCELLED)
    assert [one.id for one in await answers.campaigns(drive.known)] == ["old", "c", "b"]


async def test_a_campaign_is_told_whole(drive: Drive) -> None:
    await drive.running()
    await begun(drive, "spring", 20 * MINUTE)
    await drive.recipients("spring", SENT, 40, ago=2 * MINUTE)
    await drive.recipients("spring", SENT, 7, ago=10 * MINUTE)
    await drive.recipients("spring", FAILED, 2, reason="131026: it cannot be delivered", ago=2 * MINUTE)
    await drive.recipients("spring", SKIPPED, 3, reason="no consent", ago=2 * MINUTE)
    await drive.recipients("spring", RecipientState.QUEUED, 5)
    told = await answers.campaign(drive.known, campaign_id="spring")
    row = told.campaign
    assert row.recipients == Recipients(sent=47, failed=2, skipped=3, queued=5)
    assert (row.state, row.left, row.job_id) == ("running", 5, "{crm:campaign}:spring")
    assert row.per_minute == pytest.approx(42 / 5, rel=0.01)  # who was left out was not tried
    assert [(one.text, one.count) for one in told.reasons] == [
        ("no consent", 3),
        ("131026: it cannot be delivered", 2),
    ]
    [move] = told.moves
    assert (move.source, move.target, move.reason) == ("draft", "running", "ada started it")


async def test_a_rate_begins_where_the_campaign_was_started_or_resumed(drive: Drive) -> None:
    await drive.running()
    await begun(drive, "spring", MINUTE)
    await drive.recipients("spring", SENT, 20, ago=30 * SECOND)
    assert (await answers.campaign(drive.known, campaign_id="spring")).campaign.per_minute == pytest.approx(20, rel=0.1)
    for source, target in (
        (CampaignState.RUNNING, CampaignState.PAUSED),
        (CampaignState.PAUSED, CampaignState.RUNNING),
    ):
        assert await drive.told.move("spring", (source,), target)
    fresh = (await answers.campaign(drive.known, campaign_id="spring")).campaign.per_minute
    assert fresh == 0 or fresh > 20, "what came before the pause does not slow it down"


async def test_the_past_hour_has_a_place_for_each_minute(drive: Drive) -> None:
    await drive.running()
    await drive.recipients("spring", SENT, 3)
    await drive.recipients("spring", SENT, 4, ago=10 * MINUTE)
    await drive.recipients("spring", FAILED, 5, ago=59 * MINUTE)
    await drive.recipients("spring", SENT, 6, ago=HOUR + MINUTE)
    told = (await answers.campaign(drive.known, campaign_id="spring")).past_hour
    assert len(told) == 60
    assert {place: many for place, many in enumerate(told) if many} == {0: 5, 49: 4, 59: 3}


async def test_those_that_are_not_over_come_first_and_of_one_flow_only_its_own(drive: Drive) -> None:
    await drive.running("old")
    await drive.running("ended")
    assert await drive.told.move("ended", (CampaignState.RUNNING,), CampaignState.DONE)
    await drive.draft("new")
    listed = await answers.campaigns(drive.known)
    assert [(row.id, row.state) for row in listed] == [("new", "draft"), ("old", "running"), ("ended", "done")]
    [found] = await answers.campaigns(drive.known, correlation_id=listed[1].correlation_id)
    assert found.id == "old"
    assert await answers.campaigns(drive.known, correlation_id="another") == ()


async def test_what_is_over_is_counted_at_each_look_at_it_and_seldom_in_the_list(drive: Drive) -> None:
    await drive.running()
    await drive.recipients("spring", SENT, 2)
    assert await drive.told.move("spring", (CampaignState.RUNNING,), CampaignState.DONE)
    [first] = await answers.campaigns(drive.known)
    await drive.recipients("spring", SENT, 2)
    [second] = await answers.campaigns(drive.known)
    assert [row.recipients.sent for row in (first, second)] == [2, 2]
    assert (await answers.campaign(drive.known, campaign_id="spring")).campaign.recipients.sent == 4
    [third] = await answers.campaigns(drive.known)
    assert third.recipients.sent == 4


async def test_an_unknown_campaign_is_refused(drive: Drive) -> None:
    with pytest.raises(UsageError, match="There is no campaign nowhere"):
        await answers.campaign(drive.known, campaign_id="nowhere")


async def test_nothing_that_is_told_names_a_contact(drive: Drive) -> None:
    await drive.running()
    await drive.recipients("spring", FAILED, 3, reason="131026: it cannot be delivered")
    told: Any = await answers.campaign(drive.known, campaign_id="spring")
    assert "c00000" not in repr(told)


def test_every_question_has_an_answer_and_every_order_somebody_who_carries_it_out() -> None:
    assert {CAMPAIGNS.name, CAMPAIGN.name} == set(answers.ANSWERS)
    assert {order.name for order in FITS} == set(crm.ORDERS)


def test_the_words_of_states_are_those_of_the_records() -> None:
    states = {state.value for state in CampaignState}
    assert {state for told in FITS.values() for state in told} | set(OVER) == states
    assert {state.value for state in RecipientState} == set(Recipients.__struct_fields__)
