"""Campaigns from their start to their end, with a real worker on a real server and the stand-in of WhatsApp."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from arqlight_core import observe
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import SECOND, Limit, Rate
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.crm import campaign, message
from arqlight_jobs.crm.campaign_audience import freeze_page
from arqlight_jobs.crm.campaign_pages import mark_queued, next_page
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.requests import CampaignAsked
from arqlight_jobs.crm.tables.people import contacts
from arqlight_jobs.outbound.effects import Holder, Outbox
from tests.unit.crm.post import SENDER, TENANT, Post, contact_row, open_post, people

QUEUES = (campaign.campaigns, message.messages)
TEMPLATE = Content("template", TENANT, Kind.TEMPLATE, {})


@pytest.fixture
async def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Post]:
    """WhatsApp without limits, and queues that know each other by name."""
    types = {**campaign.campaigns.job_types, **message.messages.job_types}
    monkeypatch.setattr(message.messages, "limits", ())
    for queue in QUEUES:
        monkeypatch.setattr(queue, "relatives", types)
    async with open_post(Settings(data_dir=tmp_path / "data"), per_second=10_000, by_recipient=True) as opened:
        yield opened


async def prepare(post: Post, recipients: int) -> Campaigns:
    await people(post.engine, [contact_row(f"c{one:04}", f"+1514555{one:04}") for one in range(recipients)])
    here = Campaigns(post.engine)
    told: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template"}
    await here.create(id="c", tenant=TENANT, name="C", audience={"everyone": True}, **told)
    await here.move("c", (CampaignState.DRAFT,), CampaignState.RUNNING)
    return here


async def carry(store: Store, post: Post) -> observe.JobView:
    """The coordinator's job when nothing is left to do."""
    job = await enqueue(store, campaign.run_campaign, CampaignAsked("c"), correlation_id="spring")
    settings = msgspec.structs.replace(post.settings, redis_url=store.url)
    told: dict[str, Any] = {"burst": True, "handle_signals": False}
    worker = FleetWorker(queues=QUEUES, url=store.url, settings=settings, **told)
    async with asyncio.timeout(50):
        await worker.async_run()
    await worker.close()
    return await observe.job(store, job.job_id)


@pytest.mark.timeout(60)
async def test_everybody_gets_it_once(store: Store, post: Post) -> None:
    here = await prepare(post, 300)
    view = await carry(store, post)
    assert (view.state, view.done, view.total, view.attempt) == (JobState.COMPLETED, 100, 100, 1)
    assert view.result == {"state": "done", "sent": 300}
    assert (await here.find("c")).state is CampaignState.DONE
    assert (len(post.there.effects), set(post.there.effects.values())) == (300, {1})
    assert {call.headers["x-correlation-id"] for call in post.there.calls} == {"spring"}


@pytest.mark.timeout(60)
async def test_recipients_whose_jobs_are_gone_are_queued_again_unless_they_may_have_got_it(
    store: Store, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "LOST_AFTER", 0 * SECOND)
    here = await prepare(post, 20)
    await freeze_page(post.engine, await here.find("c"), TEMPLATE)
    page = await next_page(post.engine, "c", 20)
    assert page
    await mark_queued(post.engine, "c", page)
    await Outbox(post.engine).begin("message:c:c0003", Holder("gone", 1))
    view = await carry(store, post)
    assert view.result == {"state": "done", "sent": 19, "unknown": 1}
    assert len(post.there.effects) == 19
    [lost] = await here.recipients("c", RecipientState.UNKNOWN, 9)
    assert (lost.contact, lost.reason) == ("c0003", "its job ended while it was sending")
    assert "20 jobs had ended without a word" in view.log[0][1]


@pytest.mark.timeout(60)
async def test_some_fail_and_the_campaign_goes_on_to_its_end(store: Store, post: Post) -> None:
    here = await prepare(post, 30)
    await freeze_page(post.engine, await here.find("c"), TEMPLATE)
    async with post.engine.begin() as connection:
        await connection.execute(delete(contacts).where(contacts.c.id.in_(["c0001", "c0002"])))
    view = await carry(store, post)
    assert view.result == {"state": "done", "sent": 28, "failed": 2}
    assert await here.failures("c", 9) == [("the contact is not there", 2)]


@pytest.mark.timeout(60)
async def test_a_sender_and_a_pair_are_limited(store: Store, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Limit(message.per_sender.name, (Rate(5, 2 * SECOND),), by=message.per_sender.by, exact=True)
    monkeypatch.setattr(message.messages, "limits", (slow, message.per_pair))
    await prepare(post, 15)
    await carry(store, post)
    moments = [call.at for call in post.there.calls]
    assert len(moments) == 15
    spans = [later - earlier for earlier, later in zip(moments, moments[5:], strict=False)]
    assert min(spans) > 1, "between admission and arrival a message may lose a moment, on a busy machine a longer one"


def test_the_declared_limits_are_those_of_the_seed_and_of_whatsapp() -> None:
    assert message.messages.limits == (message.per_sender, message.per_pair)
    assert (str(message.per_sender.rates[0]), message.per_sender.exact) == ("20 per min", True)
    [pair] = message.per_pair.rates
    assert (pair.burst, (pair.limit - pair.burst + 1) / (pair.per / SECOND)) == (45, 1 / 6)
