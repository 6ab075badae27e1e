"""A tenant with a contact, a sender and a user, and runs of jobs on its records."""

import asyncio
import io
import wave
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, delete, func, insert, select

from arqlight.demo.world.openai import KEY, openai
from arqlight.demo.world.stand_in import StandIn, standing
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.conversations import Conversation, Conversations
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.tables import metadata
from arqlight_jobs.crm.tables.people import contacts, tenants, users
from tests.running import FakeRun

TENANT = "acme"
NAME, PHONE, EMAIL = "Ann Quimby", "+15145550123", "ann.quimby@example.com"
TEXT = "my secret question about lemons"


class Desk:
    """Runs of jobs on one database; `there` is the server of language models."""

    def __init__(self, settings: Settings, there: StandIn) -> None:
        self.settings, self.there = settings, there
        self.first = FakeRun(settings)

    async def records(self) -> Records:
        return await self.first.open(records)

    def run(self, fence: int = 1, attempt: int = 1) -> FakeRun:
        """A run that shares what is open."""
        made = FakeRun(self.settings, fence=fence, attempt=attempt, job_id=f"job-{fence}")
        made.open = self.first.open
        return made

    async def talk(self, *texts: str, instructions: str = "Be brief.") -> Conversation:
        """A conversation in which this was written, as turns in-1, in-2 …"""
        talks = Conversations((await self.records()).engine)
        talk = await talks.opened(TENANT, "ann", "4915550001", instructions)
        for number, text in enumerate(texts or (TEXT,), 1):
            await talks.said(talk.id, f"in-{number}", text)
        return talk

    async def put(self, table: Table, *rows: dict[str, Any]) -> None:
        async with (await self.records()).engine.begin() as connection:
            await connection.execute(insert(table), list(rows))

    async def all(self, table: Table) -> list[dict[str, Any]]:
        async with (await self.records()).engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(table))).mappings()]

    async def clear(self) -> None:
        async with (await self.records()).engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(delete(table))

    async def count(self, table: Table) -> int:
        async with (await self.records()).engine.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


def tenant_row(name: str = TENANT, region: str = "CA") -> dict[str, Any]:
    told = {"id": name, "name": name.title(), "region": region, "mail_by": "smtp", "mail_from": ""}
    return {**told, "created_at": now()}


def contact_row(contact: str = "ann", **more: Any) -> dict[str, Any]:
    told = {"id": contact, "tenant": TENANT, "phone": PHONE, "email": EMAIL, "name": NAME, "consent": True}
    at = now()
    return {**told, "tags": [], "fields": {}, "created_at": at, "updated_at": at, **more}


@asynccontextmanager
async def open_desk(settings: Settings, *, empty: bool = False) -> AsyncGenerator[Desk]:
    """A desk with a tenant, one contact and one user, and a stand-in of a server of language models.

    `empty` says that the database is to be emptied first.
    """
    settings.data_dir.mkdir(exist_ok=True)
    async with standing(openai()) as there:
        told = {"openai_base_url": f"{there.url}/v1", "openai_api_key": KEY}
        made = Desk(msgspec.structs.replace(settings, **told), there)
        async with made.first.stack:
            if empty:
                await made.clear()
            await made.put(tenants, tenant_row())
            await made.put(contacts, contact_row())
            quiet = {"quiet_from": "", "quiet_to": "", "timezone": "UTC"}
            user: dict[str, Any] = {"id": "boss", "tenant": TENANT, "email": "boss@example.com", "channels": []}
            await made.put(users, {**user, **quiet})
            yield made


def sound(seconds: float, rate: int = 8000) -> bytes:
    """A WAV of so many seconds."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * int(seconds * rate))
    return out.getvalue()


async def written(path: Path, content: bytes | str) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    await asyncio.to_thread(path.write_bytes, data)
    return path


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def leaked(secrets: Iterable[str], *places: object) -> set[str]:
    text = " ".join(str(place) for place in places)
    return {secret for secret in secrets if secret in text}
