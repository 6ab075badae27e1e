"""Campaigns of real records, in SQLite and on a real server, through the composition root's own fleet."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight.store_fleet import StoreFleet
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.settings import Settings, load
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.campaigns import CampaignState, RecipientState
from tests.screens.campaign_visits import settled
from tests.screens.conftest import Visit, visit
from tests.unit.crm.drive import Drive, a_drive


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return load()


@pytest.fixture
async def drive(settings: Settings) -> AsyncGenerator[Drive]:
    async with a_drive(settings) as made:
        await made.draft()
        yield made


async def to_list(guest: Visit) -> None:
    await guest.press("colon", *"campaigns", "enter")
    await guest.until_shown("spring")


async def test_a_campaign_is_started_watched_paused_and_ended(store: Store, drive: Drive) -> None:
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await to_list(guest)
        await guest.until(lambda: settled(guest))
        await guest.press("r")
        await guest.until_shown("they are counted first")
        await guest.press("enter")
        await guest.until_shown("● running")
        assert (await observe.job(store, "{crm:campaign}:spring")).state is State.WAITING
        await drive.recipients("spring", RecipientState.SENT, 30)
        await drive.recipients("spring", RecipientState.FAILED, 2, reason="131026: it cannot be delivered")
        await drive.recipients("spring", RecipientState.PENDING, 8)
        await guest.press("enter")
        await guest.until_shown("131026: it cannot be delivered")
        assert "█ 30 sent  ✗ 2 failed  · 8 pending" in guest.text
        await guest.press("p")
        await guest.until_shown("■ paused: otto paused it")
        await guest.press("right")
        await guest.until_shown("otto started it")
        await guest.press("o")
        await guest.until_shown("crm.campaign.run")
        await guest.press("escape", "K", *"sold out", "enter")
        await guest.until_shown("⊘ cancelled")
    assert [move.reason for move in await drive.told.moves("spring")] == [
        "otto started it",
        "otto paused it",
        "otto cancelled it: sold out",
    ]


async def test_nothing_is_changed_where_nothing_may_be(store: Store, drive: Drive) -> None:
    async with visit(StoreFleet(lambda: store.url, "otto", read_only=True), (120, 40)) as guest:
        await to_list(guest)
        await guest.until(lambda: settled(guest))
        await guest.press("r")
        await guest.until_shown("they are counted first")
        await guest.press("enter")
        await guest.until_shown("Nothing is changed here")
    assert (await drive.told.find("spring")).state is CampaignState.DRAFT


async def test_one_that_was_moved_elsewhere_is_refused_with_what_it_is_now(store: Store, drive: Drive) -> None:
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest:
        await to_list(guest)
        await guest.until(lambda: settled(guest))
        await guest.press("r")
        await guest.until_shown("they are counted first")
        assert await drive.told.move("spring", (CampaignState.DRAFT,), CampaignState.CANCELLED, "ada cancelled it")
        await guest.press("enter")
        await guest.until_shown("Campaign spring is not started: it is cancelled.")
