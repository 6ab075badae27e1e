"""A campaign as an operator meets it: started on the screen, carried by a real worker, its unknown outcome settled."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from arqlight.commands import effects
from arqlight.demo.world.stand_in import Fault
from arqlight.store_fleet import StoreFleet
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, retry
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.crm import campaign, message
from arqlight_jobs.crm.campaigns import Campaigns
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.job_detail import JobDetail
from tests.screens.conftest import Visit, visit
from tests.unit.crm.post import NUMBER, SENDER, TENANT, TEXT, TOKEN, Post, contact_row, open_post, people


@pytest.fixture
async def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Post]:
    """Three contacts, one of whom may not be written to, and a draft for them."""
    types = {**campaign.campaigns.job_types, **message.messages.job_types}
    monkeypatch.setattr(message.messages, "limits", ())
    monkeypatch.setattr(campaign.campaigns, "relatives", types)
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    async with open_post(Settings(data_dir=tmp_path / "data")) as opened:
        others = [contact_row("ann", NUMBER), contact_row("bob", "+15145550002")]
        await people(opened.engine, [*others, contact_row("cy", "+15145550003", consent=False)])
        await Campaigns(opened.engine).create(
            id="spring",
            tenant=TENANT,
            name="spring",
            channel="whatsapp",
            sender=SENDER,
            content="template",
            audience={"everyone": True},
        )
        yield opened


@asynccontextmanager
async def at_work(store: Store, settings: Settings) -> AsyncGenerator[None]:
    """A worker of campaigns and messages."""
    told = structs.replace(settings, redis_url=store.url)
    queues = [campaign.campaigns, message.messages]
    worker = FleetWorker(queues=queues, url=store.url, settings=told, handle_signals=False)
    working = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await worker.close()


async def begin(guest: Visit) -> None:
    guest.room.open(CampaignDetail("spring"))
    await guest.until_shown("r start")
    await guest.press("r")
    await guest.until_shown("they are counted first")
    await guest.press("enter")


async def test_an_unknown_outcome_is_seen_settled_and_sent_after_all(
    store: Store, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.there.script(Fault(drop="before"))
    async with visit(StoreFleet(lambda: store.url, "otto"), (120, 40)) as guest, at_work(store, post.settings):
        await begin(guest)
        await guest.until_shown("? 1 unknown")
        await guest.until_shown("█ 1 sent")
        await guest.until_shown("- 1 skipped")
        await guest.until_shown("✓ done")
        assert sum(post.there.effects.values()) == 1

        await guest.press("d")
        await guest.until_shown("crm.message.send")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        monkeypatch.setenv("REDIS_URL", store.url)
        async with effects.outbox(post.settings) as box:
            [lost] = await box.listed(effects.State.UNKNOWN, 10)
        await effects.settle(lost.key, not_sent=True, reason="WhatsApp has no such message", json=False)

        dead = Selection("crm:message", State.DEAD, (lost.holder.job_id,))
        assert (await retry(store, selection=dead, actor="otto")).changed == 1
        await guest.press("escape", "escape", "escape")
        await guest.until(lambda: isinstance(guest.room.screen, CampaignDetail))
        await guest.until_shown("█ 2 sent")
    assert sorted(post.there.effects.values()) == [1, 1]


async def test_nothing_of_a_person_is_on_the_screen_or_on_the_server(store: Store, post: Post) -> None:
    async with visit(StoreFleet(lambda: store.url, "otto"), (200, 60)) as guest, at_work(store, post.settings):
        await begin(guest)
        await guest.until_shown("✓ done")
        shown = [guest.text]
        for _ in range(3):
            await guest.press("right")
            await guest.pilot.pause()
            shown.append(guest.text)
    trail = repr((await observe.audit(store)).rows)
    for planted in (TOKEN, TEXT, NUMBER, "5145550002"):
        assert planted not in "".join(shown)
        assert planted not in trail
