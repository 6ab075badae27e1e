"""A tenant that mails, its contacts and contents, a mail server, SendGrid, and runs of the jobs that mail."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from arqlight.demo.world.sendgrid import Account, sendgrid
from arqlight.demo.world.stand_in import StandIn, standing
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.contents import Content, Kind, write_content
from arqlight_jobs.crm.email import emails
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import EmailAsked
from arqlight_jobs.crm.tables.messaging import recipients
from arqlight_jobs.crm.tables.people import contacts, tenants
from arqlight_jobs.outbound.effects import Effect, outbox
from tests.mailbox import Mailbox, mail_server
from tests.running import FakeRun

ADDRESS, NAME = "jane.planted@example.com", "Jane Planted"
TEXT = "Your planted order is on its way, {{name}}."
BODY = {"subject": "News for {{name}}", "text": TEXT, "html": "<p>{{name}} of {{fields.city}}</p>"}

ASKED = EmailAsked("acme", "jane", "news", "order-7")
IN_CAMPAIGN = EmailAsked("acme", "jane", "news", "spring.1", campaign="spring")


def mailing(settings: Settings, mailbox: Mailbox, there: StandIn) -> Settings:
    """The settings of a fleet that mails on loopback."""
    return msgspec.structs.replace(
        settings,
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_tls="none",
        mail_from="Acme <shop@acme.test>",
        sendgrid_base_url=there.url,
        sendgrid_api_key=Account().key,
        ssrf_allowlist="127.0.0.1",
    )


class Office:
    """One tenant that mails by the mail server, and one contact who has agreed to it."""

    def __init__(self, settings: Settings, held: Records, mailbox: Mailbox, there: StandIn) -> None:
        self.settings, self.held, self.mailbox, self.there = settings, held, mailbox, there
        self.first = FakeRun(settings)
        self.fence = 0

    async def change(self, table: Any, **values: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(update(table).values(**values))

    async def mail_by(self, way: str, sender: str = "") -> None:
        await self.change(tenants, mail_by=way, mail_from=sender)

    async def contact(self, **values: Any) -> None:
        await self.change(contacts, **values)

    async def content(self, name: str, kind: Kind = Kind.EMAIL, **body: Any) -> EmailAsked:
        """What asks for it, sent to the contact."""
        await write_content(self.held.engine, Content(name, "acme", kind, {**BODY, **body}))
        return msgspec.structs.replace(ASKED, content=name)

    async def campaign(self, state: CampaignState = CampaignState.RUNNING) -> None:
        made = Campaigns(self.held.engine)
        audience = {"everyone": True}
        await made.create(
            id="spring", tenant="acme", name="Spring", channel="email", sender="", content="news", audience=audience
        )
        await made.move("spring", (CampaignState.DRAFT,), state)
        row = {"campaign": "spring", "contact": "jane", "state": "queued", "reason": "", "round": 1, "at": now()}
        async with self.held.engine.begin() as connection:
            await connection.execute(insert(recipients), row)

    async def recipient(self) -> tuple[str, str]:
        """State and reason of the campaign's only recipient."""
        async with self.held.engine.connect() as connection:
            row = (await connection.execute(select(recipients.c.state, recipients.c.reason))).one()
        return row.state, row.reason

    def run(self, attempt: int = 1, fence: int = 0, job_id: str = "a-mail") -> FakeRun:
        self.fence += 1
        made = FakeRun(self.settings, fence=fence or self.fence, attempt=attempt, job_id=job_id)
        made.open = self.first.open
        return made

    async def send(self, asked: EmailAsked = ASKED, by: str = "smtp", run: FakeRun | None = None) -> Mapping[str, Any]:
        """One run of the job that already knows by whom."""
        return await emails.job_types[f"crm.email.{by}"].handler(run or self.run(), asked)

    async def effect(self, key: str) -> Effect | None:
        return await (await self.first.open(outbox)).find(key)


@asynccontextmanager
async def staffed(settings: Settings) -> AsyncGenerator[Office]:
    """All of it, in an empty database."""
    async with mail_server(Mailbox()) as mailbox, standing(sendgrid(Account())) as there:
        own = mailing(settings, mailbox, there)
        async with records(own) as held:
            await people(held)
            made = Office(own, held, mailbox, there)
            async with made.first.stack:
                yield made


async def people(held: Records) -> None:
    """The tenant, its contact and the content."""
    tenant = {"id": "acme", "name": "Acme", "region": "CA", "mail_by": "smtp", "mail_from": "", "created_at": now()}
    contact: dict[str, Any] = {"id": "jane", "tenant": "acme", "phone": "+15145550199", "email": ADDRESS, "name": NAME}
    contact |= {"consent": True, "tags": [], "fields": {"city": "Zürich"}, "created_at": now(), "updated_at": now()}
    async with held.engine.begin() as connection:
        await connection.execute(insert(tenants), tenant)
        await connection.execute(insert(contacts), contact)
    await write_content(held.engine, Content("news", "acme", Kind.EMAIL, BODY))


def settings_in(folder: Path) -> Settings:
    """Settings with everything in this folder."""
    return Settings(data_dir=folder / "data")
