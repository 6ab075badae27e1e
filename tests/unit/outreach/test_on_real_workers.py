"""A campaign from its start to a click on real workers: of persons and accounts nothing gets out of the database."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from arqlight.demo.world import twilio
from arqlight.demo.world.stand_in import Fault
from arqlight.orders.outreach import received, started
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.outreach.ingest import WebhookRefused
from arqlight_jobs.outreach.reports import reports
from arqlight_jobs.outreach.sends import sends
from arqlight_jobs.outreach.timeouts import timeouts
from tests.faults.fleet import eventually
from tests.planted import everything_in
from tests.unit.outreach.scene import ADA_MAIL, ADA_PHONE, PLAIN, Scene, document

QUEUES = [sends, timeouts, reports]
PLANTED = (ADA_MAIL, ADA_PHONE, "Lovelace", "London", "Did you see", twilio.ACCOUNT, twilio.TOKEN, "SG.stand-in")
"""Of a contact, of what is written to her, and of accounts."""

GRACE = "grace.hopper@example.com"
PEOPLE = [
    PLAIN["contacts"][0],
    {"id": "grace", "email": GRACE, "phone": "+4915100000001", "name": "Grace", "consent": True},
]


@asynccontextmanager
async def served(store: Store, scene: Scene) -> AsyncGenerator[None]:
    await publish(store, QUEUES)
    settings = scene.records.settings
    worker = FleetWorker(queues=QUEUES, url=store.url, settings=settings, handle_signals=False, poll_delay=0.02)
    running = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        await worker.close()
        await asyncio.wait([running])


async def states(scene: Scene, **wanted: int) -> None:
    async def are_so() -> bool:
        return (await scene.campaigns.counts("spring")).actions == wanted

    await eventually(are_so)


async def test_a_campaign_runs_from_its_start_to_a_click_and_tells_nobody_who_it_is_about(
    store: Store, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    body = msgspec.Raw(msgspec.json.encode({"errors": [{"message": f"no {GRACE}", "field": "to", "help": None}]}))
    async with served(store, scene):
        await scene.campaigns.load(document(contacts=PEOPLE))
        campaign, count = await started(store, scene.records, "spring", "a test")
        assert (campaign.state, count) == ("running", 2)
        await states(scene, sent=2)
        scene.world.by_mail.script(Fault(status=400, body=body))
        opens = [scene.event("open"), scene.event("click")]
        post = scene.world.webhook.post(opens, copies=3)
        await received(store, scene.records, post.body, post.headers, "acme")
        with pytest.raises(WebhookRefused):
            await received(store, scene.records, post.body, post.headers, "acme")
        await states(scene, sent=2, failed=1)
    fleet = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
    assert fleet["outreach:send"][State.DEAD] == 1
    assert fleet["outreach:timeout"][State.SCHEDULED] == 4
    assert fleet["outreach:webhook-process"][State.COMPLETED] == 1
    told = await everything_in(store)
    assert b"spring" in told
    for planted in (*PLANTED, GRACE):
        assert planted.encode() not in told, planted
        assert planted not in caplog.text, planted


async def test_a_busy_provider_of_one_channel_holds_up_no_other(store: Store, scene: Scene) -> None:
    dependency = sends.job_types["outreach.send"].needs[0]
    assert dependency.name == "sendgrid"
    scene.world.by_mail.script(*[Fault(status=401)] * 9)
    async with served(store, scene):
        await scene.campaigns.load(document(contacts=PEOPLE))
        await started(store, scene.records, "spring", "a test")
        await eventually(lambda: _is_open(store, "sendgrid"))
        texts = document(campaign={"id": "summer", "entry": "call"}, contacts=PEOPLE)
        await scene.campaigns.load(texts)
        await started(store, scene.records, "summer", "a test")

        async def called() -> bool:
            return (await scene.campaigns.counts("summer")).actions == {"sent": 2}

        await eventually(called)
    assert (await scene.campaigns.counts("spring")).actions == {"pending": 2}
    assert len(scene.world.by_mail.calls) <= 2


async def _is_open(store: Store, name: str) -> bool:
    return any(one.name == name and one.state == "open" for one in await observe.breakers(store))


async def test_a_channel_that_works_says_nothing_of_one_that_does_not(store: Store, scene: Scene) -> None:
    """SMS that go out between mails that fail do not keep the mails' breaker closed."""
    scene.world.by_mail.script(*[Fault(status=500)] * 99)
    people = [
        {"id": f"c{number}", "email": f"c{number}@example.com", "phone": f"+49151000000{number:02}", "consent": True}
        for number in range(8)
    ]
    async with served(store, scene):
        for name, node in (("spring", "hello"), ("summer", "call")):
            await scene.campaigns.load(document(campaign={"id": name, "entry": node}, contacts=people))
            await started(store, scene.records, name, "a test")
        await eventually(lambda: _is_open(store, "sendgrid"))
        assert not await _is_open(store, "twilio")
