"""The records of the CRM: the database that holds them, for `Run.open` or one call."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.settings import Settings
from arqlight_jobs.crm.tables import metadata
from arqlight_jobs.outbound.database import opened_database


@dataclass(frozen=True, slots=True)
class Records:
    """An open database with the settings it was opened by."""

    engine: AsyncEngine
    settings: Settings


@asynccontextmanager
async def records(settings: Settings) -> AsyncGenerator[Records]:
    """The records of these settings. Raises UsageError for an unknown kind of database."""
    async with opened_database(settings, metadata) as engine:
        yield Records(engine, settings)
