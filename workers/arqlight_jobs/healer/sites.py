"""The registry of sites: who may be healed, and how far we may go with each."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.tables import sites
from arqlight_jobs.healer.words import Site

_READ = [sites.c[one.name] for one in fields(Site)]


class SiteUnknown(UsageError):
    """No site of that id or name is registered."""


@dataclass(frozen=True, slots=True)
class Sites:
    """The registered sites of a database."""

    engine: AsyncEngine

    async def find(self, told: str) -> Site:
        """The site of that id or name. Raises SiteUnknown."""
        chosen = select(*_READ).where(or_(sites.c.id == told, sites.c.name == told)).order_by(sites.c.id != told)
        async with self.engine.connect() as connection:
            row = (await connection.execute(chosen)).mappings().first()
        if row is None:
            raise SiteUnknown(f"There is no site {told}; `arqlight site list` shows those that are registered.")
        return _site(row)

    async def listed(self) -> list[Site]:
        """Every site, by id."""
        async with self.engine.connect() as connection:
            return [_site(row) for row in (await connection.execute(select(*_READ).order_by(sites.c.id))).mappings()]

    async def add(self, site: Site) -> None:
        """Register a site. Raises UsageError when its id or its folder belongs to another."""
        await self._refuse_shared(site)
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(sites), {**_columns(site), "created_at": now()})
        except IntegrityError:
            raise UsageError(
                f"There is a site {site.id} already; remove it first, or give this one another --name."
            ) from None

    async def remove(self, told: str) -> Site:
        """Forget a site; its incidents stay. Raises SiteUnknown, and UsageError while an incident is open on it."""
        site = await self.find(told)
        if incident := await Incidents(self.engine).open_one(site.id):
            raise UsageError(
                f"Incident {incident.id} is open on {site.id}; let it end, or end it with "
                f"`arqlight incident give-up {incident.id}`."
            )
        async with self.engine.begin() as connection:
            await connection.execute(delete(sites).where(sites.c.id == site.id))
        return site

    async def _refuse_shared(self, site: Site) -> None:
        """Two incidents must not work on one folder at a time."""
        if site.root is None:
            return
        real = site.root.resolve()
        for other in await self.listed():
            if other.id != site.id and other.root and other.root.resolve() == real:
                raise UsageError(f"The folder {site.root} is that of site {other.id} already.")


def _columns(site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.name,
        "base_url": site.base_url,
        "root": str(site.root) if site.root else None,
        "command": list(site.command),
        "hooks": {name: list(words) for name, words in site.hooks.items()},
        "logs": [str(path) for path in site.logs],
        "playbooks": list(site.playbooks),
        "dry_run": site.dry_run,
        "key_phrase": site.key_phrase,
        "samples": list(site.samples),
    }


def _site(row: RowMapping) -> Site:
    hooks: Mapping[str, list[str]] = row["hooks"]
    told: dict[str, Any] = {
        **row,
        "root": Path(row["root"]) if row["root"] else None,
        "command": tuple(row["command"]),
        "hooks": {name: tuple(words) for name, words in hooks.items()},
        "logs": tuple(Path(path) for path in row["logs"]),
        "playbooks": tuple(row["playbooks"]),
        "samples": tuple(row["samples"]),
    }
    return Site(**told)
