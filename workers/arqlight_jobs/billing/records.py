"""The records of billing validation: the database that holds them and what is needed to keep them in it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.settings import Settings
from arqlight_jobs.billing.phi import Vault
from arqlight_jobs.billing.tables import metadata
from arqlight_jobs.outbound.database import opened_database


@dataclass(frozen=True, slots=True)
class Records:
    """An open database with what is needed to keep billing records in it."""

    engine: AsyncEngine
    vault: Vault
    settings: Settings


@asynccontextmanager
async def records(settings: Settings) -> AsyncGenerator[Records]:
    """The records of these settings, for `Run.open` or one call. Raises UsageError for an unknown kind of database."""
    async with opened_database(settings, metadata) as engine:
        yield Records(engine, Vault(settings), settings)
