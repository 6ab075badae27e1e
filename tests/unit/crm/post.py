"""A tenant with a sender and contacts, a stand-in of WhatsApp, and runs of message jobs on them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight.demo.world.whatsapp import WhatsApp, refusal
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm import message
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import MessageAsked
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.messaging import messages
from arqlight_jobs.crm.tables.people import contacts, senders, tenants
from arqlight_jobs.outbound.effects import Effect, Outbox, outbox
from tests.running import FakeRun

TOKEN = "EAAG-planted-token"  # noqa: S105 - it opens nothing
TEXT = "planted words for {{name}}"
NUMBER = "+15145550001"

TENANT, SENDER = "acme", "106540352242922"


def contact_row(name: str, number: str | None, **told: Any) -> dict[str, Any]:
    at = now()
    plain = {"id": name, "tenant": TENANT, "phone": number, "email": None, "name": name.title(), "consent": True}
    plain |= {"tags": [], "fields": {}, "last_inbound_at": None, "no_marketing_before": None}
    return {**plain, "created_at": at, "updated_at": at, **told}


async def people(engine: AsyncEngine, rows: Sequence[dict[str, Any]] = (), *, tier: int = 0) -> None:
    """The tenant, its sender, a text and a template, and these contacts, on empty records."""
    at = now()
    tenant: dict[str, Any] = {
        "id": TENANT,
        "name": "Acme",
        "region": "CA",
        "mail_by": "smtp",
        "mail_from": "",
        "created_at": at,
    }
    sender: dict[str, Any] = {
        "id": SENDER,
        "tenant": TENANT,
        "tier": tier,
        "paused_until": None,
        "paused_because": "",
        "strikes": 0,
    }
    template: dict[str, Any] = {"name": "hello", "language": "en", "components": [], "marketing": True}
    written: list[dict[str, Any]] = [
        {"id": "text", "tenant": TENANT, "kind": "text", "body": {"body": TEXT}, "created_at": at},
        {"id": "template", "tenant": TENANT, "kind": "template", "body": template, "created_at": at},
        {"id": "mail", "tenant": TENANT, "kind": "email", "body": {"subject": "s", "text": TEXT}, "created_at": at},
    ]
    async with engine.begin() as connection:
        await connection.execute(delete(tenants))
        await connection.execute(delete(messages))
        for table, told in ((tenants, [tenant]), (senders, [sender]), (contents, written), (contacts, list(rows))):
            if told:
                await connection.execute(insert(table), told)


def settings_of(folder: Path, url: str) -> Settings:
    return Settings(data_dir=folder / "data", whatsapp_base_url=url, whatsapp_token=TOKEN)


@dataclass
class Post:
    """Where messages are sent from and to."""

    settings: Settings
    engine: AsyncEngine
    whatsapp: WhatsApp
    there: StandIn
    fence: int = 0

    async def send(self, asked: MessageAsked, attempt: int = 1, run: FakeRun | None = None) -> Any:
        """One run of the job. Raises its signal."""
        self.fence += 1
        made = run or FakeRun(self.settings, self.fence, attempt, job_id=f"{{crm:message}}:{message.message_id(asked)}")
        async with made.stack:
            return await message.send.handler(made, asked)

    async def row(self, table: Table, **key: Any) -> Any:
        """The only row of that key; None without one."""
        chosen = select(table).where(*(table.c[name] == value for name, value in key.items()))
        async with self.engine.connect() as connection:
            return (await connection.execute(chosen)).one_or_none()

    async def message(self, contact: str = "ann") -> Any:
        return await self.row(messages, contact=contact)

    async def change(self, table: Table, one: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.id == one).values(**values))

    async def wrote(self, contact: str = "ann", at: datetime | None = None) -> None:
        """The contact has written now."""
        await self.change(contacts, contact, last_inbound_at=at or now())


def asked(ref: str = "1", contact: str = "ann", content: str = "template", **told: Any) -> MessageAsked:
    plain = {"tenant": TENANT, "sender": SENDER, "contact": contact, "content": content, "client_ref": ref}
    return msgspec.convert({**plain, **told}, MessageAsked)


@asynccontextmanager
async def open_post(settings: Settings, **told: Any) -> AsyncGenerator[Post]:
    """All of it, with Ann, to whom a message may go."""
    whatsapp = WhatsApp(TOKEN, **told)
    async with standing(whatsapp.stand_in) as there:
        settings = msgspec.structs.replace(settings, whatsapp_base_url=there.url, whatsapp_token=TOKEN)
        async with records(settings) as opened, outbox(settings) as box:
            async with box.engine.begin() as connection:
                await connection.exec_driver_sql("DELETE FROM effects")
            await people(opened.engine, [contact_row("ann", NUMBER)])
            yield Post(settings, opened.engine, whatsapp, there)


def refuse(post: Post, code: int, status: int = 400) -> None:
    """The next call is refused with this code, in words that nobody may pass on."""
    body = msgspec.Raw(msgspec.json.encode(refusal(status, code, f"to {NUMBER}: {TEXT}").body))
    post.there.script(Fault(status=status, body=body))


async def effect_at(post: Post, key: str = "message:acme:1") -> Effect:
    """What the outbox knows of it."""
    found = await Outbox(post.engine).find(key)
    assert found
    return found
