"""Mails and notifications through a real worker on a real server: sent, held, and nothing personal left behind."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.clock import now
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.secrecy import Sealer
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.crm import campaign, email, message, notification, webhook
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, Kind, write_content
from arqlight_jobs.crm.requests import CampaignAsked, NotificationAsked
from arqlight_jobs.crm.tables.people import contacts, tenants, users
from tests.faults.fleet import eventually, until
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.crm.office import ADDRESS, ASKED, BODY, NAME, Office, settings_in, staffed

QUEUES = [email.emails, notification.notifications]
Catalogue.of([*QUEUES, campaign.campaigns, message.messages, webhook.webhooks])

OTHER = msgspec.structs.replace(ASKED, tenant="beta", contact="ben", content="beta-news")
TOLD = NotificationAsked("ada", "import.done", "i-7", title="Planted title", text="Planted text")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with staffed(settings_in(tmp_path)) as made:
        await beta(made)
        yield made


@pytest.fixture
async def sealing(store: Store, office: Office) -> AsyncGenerator[Store]:
    """A store that seals what is sensitive, as producers have it."""
    await publish(store, QUEUES)
    opened = Store(store.url, sealer=Sealer.of(office.settings))
    yield opened
    await opened.close()


async def beta(office: Office) -> None:
    """A second tenant, with a contact of its own, that mails by SendGrid; and a user."""
    async with office.held.engine.begin() as connection:
        tenant = {"id": "beta", "name": "Beta", "region": "CA", "mail_by": "sendgrid", "mail_from": "b@beta.test"}
        await connection.execute(insert(tenants), {**tenant, "created_at": now()})
        contact = {"id": "ben", "tenant": "beta", "phone": None, "email": "ben@x.org", "name": "Ben", "consent": True}
        moments = {"created_at": now(), "updated_at": now()}
        await connection.execute(insert(contacts), {**contact, "tags": [], "fields": {}, **moments})
        user = {"id": "ada", "tenant": "acme", "email": "ada.planted@acme.test", "channels": ["email"]}
        await connection.execute(insert(users), {**user, "quiet_from": "", "quiet_to": "", "timezone": "UTC"})
    await write_content(office.held.engine, Content("beta-news", "beta", Kind.EMAIL, BODY))


async def work(store: Store, office: Office) -> None:
    """Run all there is."""
    worker = FleetWorker(queues=QUEUES, url=store.url, settings=office.settings, burst=True, handle_signals=False)
    async with asyncio.timeout(20):
        await worker.async_run()
    await worker.close()


async def test_mails_and_notifications_arrive_and_leave_nothing_personal_on_the_server(
    sealing: Store, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    queued = [await enqueue(sealing, email.send, asked) for asked in (ASKED, OTHER, ASKED)]
    assert [one.new for one in queued] == [True, True, False]
    await enqueue(sealing, notification.send, TOLD)
    await work(sealing, office)
    views = [await observe.job(sealing, one.job_id) for one in queued]
    assert [view.state for view in views] == [State.COMPLETED] * 3
    carried = await observe.job(sealing, views[0].result["job"])
    assert (carried.state, carried.done, carried.total) == (State.COMPLETED, 100, 100)
    assert len(office.mailbox.mails) == 2
    assert len(office.there.effects) == 1
    there = await everything_in(sealing)
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name != "mail.log").encode()
    planted = (
        ADDRESS,
        NAME,
        "ben@x.org",
        "ada.planted",
        "planted order",
        "Planted t",
        office.settings.sendgrid_api_key,
    )
    assert b"order-7" in there
    for where in (there, ours):
        assert not [word for word in planted if word.encode() in where]


async def test_a_bounce_leaves_no_address_in_what_is_kept_of_the_failure(sealing: Store, office: Office) -> None:
    office.mailbox.refused = {ADDRESS: f"550 5.1.1 <{ADDRESS}> is unknown"}
    await enqueue(sealing, email.send, ASKED)
    await work(sealing, office)
    assert ADDRESS.encode() not in await everything_in(sealing)


async def test_a_broken_mail_server_holds_its_own_mails_and_no_one_else_s(sealing: Store, office: Office) -> None:
    office.mailbox.sender = "530 5.7.0 log in first"
    asked = [msgspec.structs.replace(ASKED, entity=f"order-{number}") for number in range(3)]
    async with serving(sealing, *QUEUES, settings=office.settings):
        ids = [(await enqueue(sealing, email.send, one)).job_id for one in asked]
        views = [await eventually(partial(held, sealing, job_id)) for job_id in ids]
        await enqueue(sealing, email.send, OTHER)
        await until(office.there.effects.total)
    assert [(await observe.breaker(sealing, name)).state for name in ("smtp", "sendgrid")] == ["open", "closed"]
    assert [view.failures for view in views if view] == [()] * 3
    assert office.mailbox.mails == []


async def test_a_campaign_by_mail_runs_to_its_end(sealing: Store, office: Office) -> None:
    made = Campaigns(office.held.engine)
    told: dict[str, Any] = {"sender": "", "content": "news", "audience": {"everyone": True}}
    await made.create(id="spring", tenant="acme", name="Spring", channel="email", **told)
    async with serving(sealing, *QUEUES, campaign.campaigns, message.messages, settings=office.settings):
        await enqueue(sealing, campaign.run_campaign, CampaignAsked("spring"))

        async def is_over() -> bool:
            return (await made.find("spring")).state is CampaignState.DONE

        await eventually(is_over)
    counts = await made.counts("spring")
    assert (counts[RecipientState.SENT], sum(counts.values())) == (1, 1)
    assert len(office.mailbox.mails) == 1


async def held(store: Store, job_id: str) -> observe.JobView | None:
    """The job that carries the mail which this one has asked for, once it waits."""
    asking = await observe.job(store, job_id)
    if asking.state is not State.COMPLETED:
        return None
    view = await observe.job(store, asking.result["job"])
    return view if view.state is State.HELD else None
