"""A campaign with its providers on loopback, and runs of its jobs without a fleet."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Table, select, update

from arqlight.demo.world import twilio as of_twilio
from arqlight.demo.world.sendgrid import Account, sendgrid
from arqlight.demo.world.sendgrid_events import EventWebhook, Post
from arqlight.demo.world.stand_in import Answer, StandIn, standing
from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.settings import Settings
from arqlight_jobs.outbound import effects
from arqlight_jobs.outreach import ingest, tables
from arqlight_jobs.outreach.campaigns import Campaigns
from arqlight_jobs.outreach.document import Document
from arqlight_jobs.outreach.records import Records, records
from arqlight_jobs.outreach.reports import reports
from arqlight_jobs.outreach.requests import SendAsked, TimeoutAsked
from arqlight_jobs.outreach.sends import sends
from arqlight_jobs.outreach.timeouts import timeouts
from tests.running import FakeRun

JOBS: dict[str, JobType[Any]] = {**sends.job_types, **timeouts.job_types, **reports.job_types}
ADA_MAIL, ADA_PHONE = "ada.lovelace@example.com", "+4915112345678"
NEWS, DESK = "news@acme.example", "desk"

PLAIN: dict[str, Any] = {
    "tenant": "acme",
    "campaign": {"id": "spring", "entry": "hello"},
    "senders": [
        {"id": "news", "channel": "email", "address": NEWS, "name": "Acme"},
        {"id": DESK, "channel": "sms", "address": of_twilio.NUMBER},
    ],
    "nodes": [
        {
            "id": "hello",
            "channel": "email",
            "sender": "news",
            "subject": "Hello {{name}}",
            "text": "Dear {{name}} of {{fields.city}}",
            "html": "<p>Dear {{name}}</p>",
            "no_open": "2d",
            "no_click": "3d",
        },
        {"id": "again", "channel": "email", "sender": "news", "subject": "Again", "text": "Did you see it?"},
        {"id": "thanks", "channel": "email", "sender": "news", "subject": "Thanks", "text": "You have seen it."},
        {"id": "call", "channel": "sms", "sender": DESK, "text": "Call us, {{name}}"},
    ],
    "transitions": [
        {"node": "hello", "event": "no_open", "next": "again", "delay": "1h"},
        {"node": "hello", "event": "open", "next": "thanks"},
        {"node": "again", "event": "sent", "next": "call", "delay": "1d"},
    ],
    "contacts": [
        {
            "id": "ada",
            "email": ADA_MAIL,
            "phone": ADA_PHONE,
            "name": "Ada <Lovelace>",
            "consent": True,
            "fields": {"city": "London"},
        }
    ],
}
"""Mail first; who does not open it is asked again and then called, who opens it is thanked."""


def document(**changes: Any) -> Document:
    """The plain campaign with other parts in place of its own."""
    return msgspec.convert({**PLAIN, **changes}, Document)


def by_sms() -> Document:
    """The campaign that begins with an SMS."""
    return document(campaign={"id": "spring", "entry": "call"})


@dataclass
class World:
    """Both providers."""

    twilio: of_twilio.Twilio = field(default_factory=of_twilio.Twilio)
    sendgrid: Account = field(default_factory=Account)
    webhook: EventWebhook = field(default_factory=EventWebhook)
    by_sms: StandIn = field(default_factory=lambda: StandIn(lambda _: Answer()))
    by_mail: StandIn = field(default_factory=lambda: StandIn(lambda _: Answer()))

    def settings(self, base: Settings) -> Settings:
        return msgspec.structs.replace(
            base,
            twilio_base_url=self.by_sms.url,
            twilio_account_sid=of_twilio.ACCOUNT,
            twilio_auth_token=of_twilio.TOKEN,
            sendgrid_base_url=self.by_mail.url,
            sendgrid_api_key=self.sendgrid.key,
            sendgrid_webhook_key=self.webhook.public_key,
        )


@asynccontextmanager
async def providers() -> AsyncGenerator[World]:
    world = World()
    async with standing(world.twilio.stand_in()) as texts, standing(sendgrid(world.sendgrid)) as mails:
        world.by_sms, world.by_mail = texts, mails
        yield world


@dataclass
class Scene:
    """Runs of jobs, each a job of its own unless said otherwise, on one database."""

    world: World
    first: FakeRun
    records: Records
    fences: int = 0
    progress: list[int] = field(default_factory=list[int])
    lines: list[str] = field(default_factory=list[str])

    @classmethod
    async def of(cls, world: World, settings: Settings) -> "Scene":
        first = FakeRun(world.settings(settings))
        opened = await first.open(records)
        box = await first.open(effects.outbox)
        async with opened.engine.begin() as connection:
            for table in [*reversed(tables.metadata.sorted_tables), effects.effects]:
                await connection.execute(table.delete())
        assert box.engine.url == opened.engine.url
        return cls(world, first, opened)

    @property
    def campaigns(self) -> Campaigns:
        return Campaigns(self.records.engine)

    async def begun(self, told: Document | None = None) -> list[SendAsked]:
        """The first jobs of a campaign that is loaded and started."""
        made = await self.campaigns.load(told or document())
        asked, more = await self.campaigns.first_actions(await self.campaigns.begin(made.id))
        assert not more
        return asked

    async def run(self, name: str, asked: Any, fence: int = 0) -> tuple[Any, list[Any]]:
        """What the job came to, and the payloads of what it queued."""
        self.fences += 1
        run = FakeRun(self.first.settings, fence=fence or self.fences, job_id=JOBS[name].id_of(asked))  # pyright: ignore[reportOptionalCall]
        run.open = self.first.open
        try:
            return await JOBS[name].handler(run, asked), run.queued
        finally:
            self.progress, self.lines = run.percents, run.lines

    async def send(self, asked: SendAsked, fence: int = 0) -> tuple[Any, list[Any]]:
        return await self.run("outreach.send", asked, fence)

    async def wait_out(self, asked: TimeoutAsked, fence: int = 0) -> tuple[Any, list[Any]]:
        """As if it were time."""
        return await self.run("outreach.timeout", msgspec.structs.replace(asked, scheduled_at=now()), fence)

    async def report(self, *events: Any, copies: int = 1) -> tuple[Any, list[Any]]:
        """What SendGrid's post of these events came to."""
        return await self.processed(self.world.webhook.post(events, copies=copies))

    async def processed(self, post: Post, tenant: str = "acme") -> tuple[Any, list[Any]]:
        own = await ingest.accept(self.records, post.body, post.headers, tenant)
        await ingest.queued(self.records, own)
        return await self.run("webhook.process.sendgrid", ingest.asked_of(tenant, own))

    def event(self, kind: str, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """About the last mail."""
        last = self.world.sendgrid.accepted[-1]
        to = last["personalizations"][0]
        plain = {"email": to["to"][0]["email"], **to["custom_args"], **more}
        return self.world.webhook.event(kind, last["message_id"], at, **plain)

    # ------------------------------------------------------------------ the database

    async def rows(self, table: Table, *order: str) -> list[dict[str, Any]]:
        chosen = select(table).order_by(*(table.c[name] for name in order))
        async with self.records.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(chosen)).mappings()]

    async def change(self, table: Table, **values: Any) -> None:
        async with self.records.engine.begin() as connection:
            await connection.execute(update(table).values(**values))

    async def action(self, node: str) -> dict[str, Any]:
        [found] = [row for row in await self.rows(tables.scheduled_actions) if row["node"] == node]
        return found

    async def due(self, node: str) -> None:
        """Let the action of that node be due."""
        table = tables.scheduled_actions
        async with self.records.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.node == node).values(due_at=now()))

    async def kinds(self) -> list[str]:
        return sorted(row["kind"] for row in await self.rows(tables.events))

    async def at(self) -> list[str]:
        """Where the contacts stand."""
        return [row["node"] for row in await self.rows(tables.journeys, "contact")]


AN_HOUR = timedelta(hours=1)


def names(queued: list[Any]) -> list[str]:
    """The job types of what was queued."""
    return [name for name, _ in queued]


def told(queued: list[Any], name: str) -> list[Any]:
    """The payloads of one job type."""
    return [asked for queued_name, asked in queued if queued_name == name]


async def mailed(scene: Scene, **changes: Any) -> list[Any]:
    """The first mail is out."""
    [asked] = await scene.begun(document(**changes))
    return (await scene.send(asked))[1]
