"""Records of every domain, with something in each that nobody may see."""

from datetime import timedelta

import msgspec
from sqlalchemy import insert

from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm import records as crm
from arqlight_jobs.crm.deliveries import Deliveries, Tried, publish
from arqlight_jobs.crm.endpoints import Endpoints
from arqlight_jobs.crm.exports import Exports, Query
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flow_entry import start
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.imports import Imports
from arqlight_jobs.crm.notification_inbox import Inbox
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.flrts import records as hub
from arqlight_jobs.flrts.registration import put_user
from arqlight_jobs.flrts.reminding import plan_own
from arqlight_jobs.flrts.tables.people import chats
from arqlight_jobs.flrts.tables.tasks import tasks
from arqlight_jobs.healer import records as healer
from arqlight_jobs.healer.health.deciding import Look
from arqlight_jobs.healer.health.grading import Grade, Remark
from arqlight_jobs.healer.health.hosts import Host, Hosts
from arqlight_jobs.healer.health.samples import SLOT, Kind, Sample, Samples, slot_of
from arqlight_jobs.healer.notices import Notices, Wish
from arqlight_jobs.healer.retention.holds import Holds
from arqlight_jobs.healer.retention.trail import Trail
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.effects import Holder, State, outbox
from arqlight_jobs.outreach import records as outreach
from arqlight_jobs.outreach.campaigns import Campaigns
from tests.unit.crm.hooks import an_event
from tests.unit.crm.walking import OCCASION, graph, people
from tests.unit.flrts.reminded import ADDRESS, TASK, a_task
from tests.unit.outreach.scene import ADA_MAIL, document

PASSWORD, IN_URL, IN_FLOW = "hunter2", "abcdef1234567890", "planted-in-a-flow"
LOOKS = 3
ASKING = {"kind": "http_request", "url": f"https://x.example/?token={IN_FLOW}", "body": {"api_key": IN_FLOW, "n": 1}}


async def on_record(settings: Settings) -> tuple[str, ...]:
    """Put it all there; answers what must never be told."""
    await _healing(settings)
    secrets = await _selling(settings)
    async with outreach.records(settings) as held:
        await Campaigns(held.engine).load(document())
    async with outbox(settings) as box:
        for key in ("mail:1", "mail:2"):
            assert await box.begin(key, Holder(f"job-of-{key}", 1))
        await box.close("mail:1", Holder("job-of-mail:1", 1), State.UNKNOWN, reason="cut off")
    await _doing(settings)
    return (*secrets, PASSWORD, IN_URL, IN_FLOW, ADDRESS, ADA_MAIL)


async def _healing(settings: Settings) -> None:
    hooks = {"restart_db": ("mysqladmin", f"--password={PASSWORD}", "flush-hosts")}
    async with healer.records(settings) as held:
        await Sites(held.engine).add(Site("shop", "The Shop", "https://shop.example", hooks=hooks))
        await Hosts(held.engine).add(Host("web1", ("ssh", "web1", f"--token={PASSWORD}", "measure")))
        for number in range(LOOKS):
            at = now() - number * SLOT
            look = Look(slot_of(at), at, Grade.WARNING, (Remark(Grade.WARNING, "status", "slow"),))
            await Samples(held.engine).note(Sample(Kind.SITE, "shop", look, {"status": 200.0}))
        await Notices(held.engine).raised(Wish("alert", "shop", "f-1", "warning", "The shop is slow", "", "job-1"))
        await Trail(held.engine).append({"what": "purge", "category": "incidents", "deleted": 3})
        await Holds(held.engine).put("incidents", "i-1", "ada", "a court wants it")


async def _selling(settings: Settings) -> tuple[str, ...]:
    file = settings.data_dir / "given.csv"
    file.write_text("phone,email\n+15145550123,planted@acme.example\n")
    outside = msgspec.structs.replace(settings, ssrf_allowlist="127.0.0.1")
    async with crm.records(outside) as held:
        await people(held)
        await Imports(held.engine, settings).accept("acme", file)
        _, token = await Exports(held.engine, settings).accept("acme", Query("contacts"))
        await Inbox(held.engine).put("n-1", NotificationAsked("acme-0", "import.done", "i-7", title="Import 7 is done"))
        flow = await Flows(held.engine).add("acme", checked(graph(first={**ASKING, "next": "end"})))
        await start(held, flow.name, OCCASION)
        _, secret = await Endpoints(held).add("acme", f"https://127.0.0.1/hooks?token={IN_URL}", ())
        [asked] = await publish(held.engine, an_event())
        await Deliveries(held.engine).note(asked.delivery, Tried(1, 1, 503, "busy"))
    return token, secret


async def _doing(settings: Settings) -> None:
    async with hub.records(settings) as held:
        await put_user(held.engine, "ada", {"timezone": "Europe/Zurich", "email": ADDRESS, "openproject_id": 7})
        async with held.engine.begin() as connection:
            chat = {"id": "100", "user": "ada", "active": True, "inactive_because": "", "linked_at": now()}
            await connection.execute(insert(chats).values(**chat))
            await connection.execute(insert(tasks).values(**a_task(subject="Buy bread")))
            await plan_own(connection, TASK, "ada", now() + timedelta(hours=2))
