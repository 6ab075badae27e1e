"""A user of the CRM, every channel set up and served on loopback, and runs of the job that tells."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, update

from arqlight.demo.world.stand_in import Answer, Call, StandIn, standing
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.notification import send
from arqlight_jobs.crm.notification_inbox import Inbox
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.crm.tables.people import tenants, users
from tests.mailbox import Mailbox, mail_server
from tests.running import FakeRun

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the one of the standard's example
TOKEN = "123456:a-planted-token"  # noqa: S105 - of a bot that is not
ASKED = NotificationAsked("ada", "import.done", "i-7", "2026-03-01", "Import 7 is done", "120 contacts, 3 rejects")
EVERYWHERE = ["inapp", "email", "webhook", "telegram"]


def answer(call: Call) -> Answer:
    """A receiver that takes all, and a bot."""
    told = {"ok": True, "result": {"message_id": 17}}
    return Answer(200, told if call.path.endswith("/sendMessage") else b"")


@dataclass
class Reception:
    """One user, all channels set up, and runs of the job."""

    settings: Settings
    held: Records
    mailbox: Mailbox
    there: StandIn
    first: FakeRun
    count: int = 0

    async def change(self, **values: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(update(users).values(**values))

    async def run(
        self, asked: NotificationAsked = ASKED, *, fence: int = 1, job_id: str = ""
    ) -> tuple[Mapping[str, Any], list[NotificationAsked]]:
        """What the job came to, and what it queued."""
        self.count += 1
        run = FakeRun(self.settings, fence=fence, job_id=job_id or f"job-{self.count}")
        run.open = self.first.open
        return await send.handler(run, asked), [payload for _, payload in run.queued]

    async def over(self, channel: str, **how: Any) -> Mapping[str, Any]:
        return (await self.run(msgspec.structs.replace(ASKED, channel=channel), **how))[0]

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.held.engine)


@asynccontextmanager
async def open_reception(folder: Path) -> AsyncGenerator[Reception]:
    """All of it, in an empty database."""
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(mail_server(Mailbox()))
        there = await stack.enter_async_context(standing(StandIn(answer)))
        settings = Settings(
            data_dir=folder / "data",
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_tls="none",
            notify_from="CRM <crm@acme.test>",
            notify_mail="team@acme.test",
            notify_webhook_url=f"{there.url}/notices",
            notify_webhook_secrets=SECRET,
            telegram_base_url=there.url,
            telegram_bot_token=TOKEN,
            telegram_chat_id="-5",
            ssrf_allowlist="127.0.0.1",
        )
        held = await stack.enter_async_context(records(settings))
        await a_user(held)
        first = FakeRun(settings)
        await stack.enter_async_context(first.stack)
        yield Reception(settings, held, mailbox, there, first)


async def a_user(held: Records) -> None:
    tenant = {"id": "acme", "name": "Acme", "region": "CA", "mail_by": "smtp", "mail_from": "", "created_at": now()}
    user = {"id": "ada", "tenant": "acme", "email": "ada@acme.test", "channels": EVERYWHERE[1:]}
    quiet = {"quiet_from": "", "quiet_to": "", "timezone": "Europe/Zurich"}
    async with held.engine.begin() as connection:
        await connection.execute(insert(tenants), tenant)
        await connection.execute(insert(users), {**user, **quiet})
