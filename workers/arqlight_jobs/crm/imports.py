"""Imports on record: files of contacts taken in, how far each is, and what came of it.

The same file with the same mapping is the same import for a tenant, for as long as it is on record.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.crm.custody import Status
from arqlight_jobs.crm.importing_fields import checked
from arqlight_jobs.crm.people import check_tenant
from arqlight_jobs.crm.tables.data import imports
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.intake import take_in

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Import:
    """One of them. Of its rows, `position` are done with: as many as the four counts make together."""

    id: str
    tenant: str
    status: Status
    error: str
    position: int
    created: int
    updated: int
    skipped: int
    rejected: int
    created_at: datetime
    finished_at: datetime | None


def folder(settings: Settings) -> Path:
    """Where files wait, and rejects are; made on first use, for the owner only."""
    place = settings.data_dir / "crm" / "imports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(settings: Settings, import_id: str) -> Path:
    """Where the file of an import is or would be."""
    return folder(settings) / f"{import_id}.csv"


def rejects_path(settings: Settings, import_id: str) -> Path:
    """Where the rows that were left out are named."""
    return folder(settings) / f"{import_id}.rejects.csv"


def import_id(tenant: str, digest: str, mapping: Mapping[str, str]) -> str:
    """The file's digest and the mapping's, shortened so that both fit into an id; the tenant is in the latter."""
    told = msgspec.json.encode([tenant, sorted(mapping.items())])
    return f"{digest[:40]}-{hashlib.sha256(told).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of a database."""

    engine: AsyncEngine
    settings: Settings

    async def accept(self, tenant: str, source: Path, mapping: Mapping[str, str] | None = None) -> Import:
        """Store a copy of the file and note the import; enqueue what is returned unless it is done.

        One that failed begins again where it was. Raises UsageError: no such tenant, no such file, empty, too large, no
        text, no such field.
        """
        fields = checked(mapping or {})
        async with self.engine.connect() as connection:
            await check_tenant(connection, tenant)
        named = import_id(tenant, await in_thread(lambda: _digest(source)), fields)
        if (known := await self._found(named)) and known.status is Status.DONE:
            return known
        await in_thread(lambda: take_in(source, path_of(self.settings, named)))
        await self._noted(tenant, named, fields)
        return await self.find(named)

    async def find(self, import_id: str) -> Import:
        """The import of that id. Raises UsageError."""
        found = await self._found(import_id)
        if found is None:
            raise UsageError(f"There is no import {import_id}; `arqlight imports` lists them.")
        return found

    async def listed(self, tenant: str = "", limit: int = 50) -> list[Import]:
        """The newest first."""
        chosen = select(*_columns()).order_by(imports.c.created_at.desc(), imports.c.id).limit(limit)
        own = chosen.where(imports.c.tenant == tenant) if tenant else chosen
        async with self.engine.connect() as connection:
            return [_import(row) for row in (await connection.execute(own)).mappings()]

    async def _found(self, import_id: str) -> Import | None:
        chosen = select(*_columns()).where(imports.c.id == import_id)
        async with self.engine.connect() as connection:
            row = (await connection.execute(chosen)).mappings().one_or_none()
        return None if row is None else _import(row)

    async def _noted(self, tenant: str, import_id: str, mapping: Mapping[str, str]) -> None:
        told = {"id": import_id, "tenant": tenant, "mapping": dict(mapping), "created_at": now(), **_FRESH}
        failed = (imports.c.id == import_id, imports.c.status == Status.FAILED)
        again = update(imports).where(*failed).values(status=Status.QUEUED, error="", finished_at=None)
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(imports), told)
        except IntegrityError:
            async with self.engine.begin() as connection:
                await connection.execute(again)


_FRESH = {
    "status": Status.QUEUED,
    "error": "",
    **dict.fromkeys(("fence", "attempt", "position", "created", "updated", "skipped", "rejected"), 0),
}


def _columns() -> list[Any]:
    return [imports.c[name] for name in Import.__slots__]


def _import(row: RowMapping) -> Import:
    told: dict[str, Any] = {**row, "status": Status(row["status"])}
    return Import(**told)


def _digest(source: Path) -> str:
    """The SHA-256 of the file; '' of what cannot be read, or not to an end: taking it in says why."""
    if not source.is_file():
        return ""
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
