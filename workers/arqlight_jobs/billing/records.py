"""The records of billing validation: the database that holds them and what is needed to keep them in it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.settings import Settings
from arqlight_jobs.billing.phi import Vault
from arqlight_jobs.billing.tables import metadata, validation_runs
from arqlight_jobs.outbound.database import opened_database
from arqlight_jobs.outbound.gathering import Gathering


@dataclass(frozen=True, slots=True)
class Records:
    """An open database with what is needed to keep billing records in it."""

    engine: AsyncEngine
    vault: Vault
    settings: Settings
    new_runs: Gathering[Mapping[str, Any]]
    """Puts rows of runs on record: those of files that are handed in at the same time by one commit."""


@asynccontextmanager
async def records(settings: Settings) -> AsyncGenerator[Records]:
    """The records of these settings, for `Run.open` or one call. Raises UsageError for an unknown kind of database."""
    async with opened_database(settings, metadata) as engine:

        async def put(rows: Sequence[Mapping[str, Any]]) -> None:
            async with engine.begin() as connection:
                await connection.execute(insert(validation_runs), rows)

        yield Records(engine, Vault(settings), settings, Gathering(put))
