"""An instance of OpenProject on loopback, and a client of it."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec

from arqlight.demo.world.openproject import KEY, OpenProject
from arqlight.demo.world.stand_in import StandIn, standing
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject import Draft

MARK = "flrts-0123456789abcdef"
DRAFT = Draft(
    subject="Water the plants",
    description="All of <them>",
    due=date(2026, 5, 31),
    project="2",
    type=1,
    assignee=5,
    mark=MARK,
)
LOGIN = f"Basic {base64.b64encode(f'apikey:{KEY}'.encode()).decode()}"


@dataclass
class Office:
    """An instance, and a client of it."""

    instance: OpenProject
    there: StandIn
    settings: Settings
    client: httpx.AsyncClient

    async def create(self, draft: Draft = DRAFT, **settings: Any) -> openproject.WorkPackage:
        told = msgspec.structs.replace(self.settings, **settings)
        return await openproject.create(self.client, told, draft, "a-correlation-id")

    async def read(self, package: int, **settings: Any) -> openproject.WorkPackage:
        return await openproject.read(self.client, msgspec.structs.replace(self.settings, **settings), package)

    async def patch(self, package: int, lock_version: int, **changes: Any) -> openproject.WorkPackage:
        return await openproject.patch(self.client, self.settings, package, lock_version, changes)

    async def page(self, filters: list[dict[str, Any]], offset: int = 1, size: int = 10) -> openproject.Page:
        return await openproject.page(self.client, self.settings, filters, offset, size)


@asynccontextmanager
async def open_office(folder: Path) -> AsyncGenerator[Office]:
    """All of it."""
    instance = OpenProject()
    async with standing(instance.stand_in()) as there:
        settings = Settings(data_dir=folder, openproject_base_url=f"{there.url}/", openproject_api_key=KEY)
        async with provider_client(settings) as client:
            yield Office(instance, there, settings, client)
