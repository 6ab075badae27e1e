"""Exports on record: what was asked for, where its file is, and the token that opens it for a while.

The token is told once, to who asks; what is kept of it is a digest.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_core.settings import Settings
from arqlight_jobs.crm.custody import Status
from arqlight_jobs.crm.exporting_sources import SOURCES
from arqlight_jobs.crm.people import check_tenant
from arqlight_jobs.crm.tables.data import exports

TOKEN_BYTES = 32
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """What is to be in the file, and how it is written."""

    what: str
    compressed: bool = False
    """By gzip."""
    marked: bool = False
    """With a byte-order mark, by which spreadsheets know UTF-8."""


@dataclass(frozen=True, slots=True)
class Export:
    """One of them. `bytes` and `digest` (SHA-256) are those of the file as it lies there."""

    id: str
    tenant: str
    what: str
    compressed: bool
    marked: bool
    status: Status
    error: str
    fence: int
    rows: int
    bytes: int
    digest: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None

    @property
    def file_name(self) -> str:
        """The name of its file, which no other run than its owner writes."""
        return f"{self.id}.{self.fence}.csv{'.gz' if self.compressed else ''}"


def folder(settings: Settings) -> Path:
    """Where files are written; made on first use, for the owner only."""
    place = settings.data_dir / "crm" / "exports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def opens_for(settings: Settings) -> timedelta:
    """How long a file can be taken away: as long as it is kept at the most."""
    return settings.default_retention_days * DAY


def export_id(tenant: str, query: Query, requested_at: datetime) -> str:
    """By the digest of tenant and query, and the moment in milliseconds."""
    told = msgspec.json.encode([tenant, query.what, query.compressed, query.marked])
    return f"{hashlib.sha256(told).hexdigest()[:40]}-{int(requested_at.timestamp() * 1000)}"


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports of a database."""

    engine: AsyncEngine
    settings: Settings

    async def accept(self, tenant: str, query: Query, requested_at: datetime | None = None) -> tuple[Export, str]:
        """Note the export, and answer it with the token that will open its file; enqueue it.

        Raises UsageError: no such tenant, nothing known by that word, asked for already in the same moment.
        """
        if query.what not in SOURCES:
            raise UsageError(f"{query.what!r} cannot be exported; these can: {', '.join(SOURCES)}.")
        async with self.engine.connect() as connection:
            await check_tenant(connection, tenant)
        at, token = requested_at or now(), secrets.token_urlsafe(TOKEN_BYTES)
        told: dict[str, Any] = {"id": export_id(tenant, query, at), "tenant": tenant, "created_at": at, **_FRESH}
        asked = {"what": query.what, "compressed": query.compressed, "marked": query.marked}
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(exports), {**told, **asked, "token": _digest(token)})
        except IntegrityError:
            raise UsageError("The same export was asked for in the same moment; ask again.") from None
        return await self.find(told["id"]), token

    async def find(self, export_id: str) -> Export:
        """The export of that id. Raises UsageError."""
        async with self.engine.connect() as connection:
            chosen = select(*_columns()).where(exports.c.id == export_id)
            row = (await connection.execute(chosen)).mappings().one_or_none()
        if row is None:
            raise UsageError(f"There is no export {export_id}; `arqlight exports` lists them.")
        return export_of(row)

    async def listed(self, tenant: str = "", limit: int = 50) -> list[Export]:
        """The newest first."""
        chosen = select(*_columns()).order_by(exports.c.created_at.desc(), exports.c.id).limit(limit)
        own = chosen.where(exports.c.tenant == tenant) if tenant else chosen
        async with self.engine.connect() as connection:
            return [export_of(row) for row in (await connection.execute(own)).mappings()]

    async def redeemed(self, export_id: str, token: str) -> Path:
        """The file that a token opens. Raises UsageError, the same for a wrong id, a wrong token and an old one."""
        async with self.engine.connect() as connection:
            kept = (await connection.execute(select(exports.c.token).where(exports.c.id == export_id))).scalar()
        if kept is not None and hmac.compare_digest(kept, _digest(token)):
            found = await self.find(export_id)
            path = folder(self.settings) / found.file_name
            if found.status is Status.DONE and found.expires_at and now() < found.expires_at and path.is_file():
                return path
        raise UsageError("That opens no export: id or token is wrong, or it is not written yet, or no longer there.")

    async def withdraw(self, export_id: str) -> None:
        """Take back one that could not be enqueued. One that has begun is left alone."""
        queued = (exports.c.id == export_id, exports.c.status == Status.QUEUED)
        async with self.engine.begin() as connection:
            await connection.execute(delete(exports).where(*queued))


_FRESH = {"status": Status.QUEUED, "error": "", "fence": 0, "attempt": 0, "rows": 0, "bytes": 0, "digest": ""}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _columns() -> list[Any]:
    return [exports.c[name] for name in Export.__slots__]


def export_of(row: RowMapping) -> Export:
    """The export that a whole row of the table is."""
    told: dict[str, Any] = {name: row[name] for name in Export.__slots__}
    told["status"] = Status(row["status"])
    return Export(**told)
