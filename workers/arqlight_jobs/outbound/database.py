"""The database of domain records: opened once per process, a domain's tables made on first use.

SQLite in the data folder, in write-ahead mode so that readers and the writer do not wait for each other; PostgreSQL
when DATABASE_URL names one.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, DateTime, Dialect, MetaData, TypeDecorator, event, inspect, make_url, text
from sqlalchemy.engine import Connection as Conversation
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from arqlight_core.errors import DatabaseUnreachable, UsageError
from arqlight_core.run import Opener
from arqlight_core.secrecy import OWNER_ONLY
from arqlight_core.settings import Settings

BUSY_SECONDS = 30
"""How long a writer waits for another on SQLite before it gives up."""

CONNECTS_WITHIN = 10
"""Seconds that PostgreSQL has to let us in."""

logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # it logs every statement with its values

TABLES_LOCK = 0x61727162
"""Advisory lock under which processes that start together create the tables, one after the other."""

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, also on SQLite, which forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Give the zone back."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Connection(sqlite3.Connection):
    """Ends its transaction before it closes.

    A statement that was cut off would keep it open, and so the lock, until it is collected as garbage, as
    sqlite3_close_v2 has it.
    """

    def close(self) -> None:
        """Roll back, then close."""
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


async def _connected(*where: Any, **how: Any) -> aiosqlite.Connection:
    """A connection and its thread; where it cannot be opened, the thread is awaited.

    aiosqlite leaves it running then, to answer an event loop that may be closed by the time it does.
    """
    connection = aiosqlite.connect(*where, **how)
    thread = connection._thread  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - shown nowhere
    thread.daemon = True
    try:
        return await connection
    except BaseException:
        await asyncio.to_thread(thread.join)
        raise


@asynccontextmanager
async def opened_database(settings: Settings, tables: MetaData) -> AsyncGenerator[AsyncEngine]:
    """The database of these settings with these tables. Raises UsageError for an unknown kind of database."""
    url = database_url(settings)
    engine = create_async_engine(url, hide_parameters=True, **_options(url))
    event.listen(engine.sync_engine, "do_connect", _let_in(url))
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    try:
        await _create_tables(engine, tables)
        yield engine
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class Records:
    """An open database with the settings it was opened by."""

    engine: AsyncEngine
    settings: Settings


def records_of(tables: MetaData) -> Opener[Records]:
    """What opens the records that are kept in these tables, for `Run.open` or one call. It raises UsageError."""

    @asynccontextmanager
    async def records(settings: Settings) -> AsyncGenerator[Records]:
        async with opened_database(settings, tables) as engine:
            yield Records(engine, settings)

    return records


def database_url(settings: Settings) -> URL:
    """Where the records are, with the asynchronous driver for it."""
    if settings.database_url is None:
        return URL.create("sqlite+aiosqlite", database=str(_private_file(settings.data_dir / "records.sqlite")))
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        raise UsageError("DATABASE_URL is not a database URL; write postgresql://user@host/name.") from None
    driver = DRIVERS.get(url.drivername, url.drivername)
    if driver not in DRIVERS.values():
        raise UsageError(f"DATABASE_URL names {url.drivername}; only postgresql and sqlite are supported.")
    sslmode = url.query.get("sslmode")
    plain = url.set(drivername=driver).difference_update_query(["sslmode"])
    return plain.update_query_dict({"ssl": sslmode}) if sslmode else plain


def _private_file(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=OWNER_ONLY)
    return path


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "factory": Connection, "async_creator_fn": _connected}}
    return {"pool_pre_ping": True, "connect_args": {"timeout": CONNECTS_WITHIN}}


def _let_in(url: URL) -> Callable[..., Any]:
    """What connects to this database. It raises DatabaseUnreachable, whatever its driver raises."""

    def connect(dialect: Any, _record: object, positional: Sequence[Any], named: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*positional, **named)
        except (OSError, dialect.loaded_dbapi.Error) as problem:
            where = url.set(drivername=url.get_backend_name()).render_as_string()
            told = str(problem) or type(problem).__name__
            raise DatabaseUnreachable(
                f"The database at {where} does not let us in ({told}); start it, or correct DATABASE_URL."
            ) from problem

    return connect


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


async def _create_tables(engine: AsyncEngine, tables: MetaData) -> None:
    """Make what there is not: nobody waits for a lock, and no table is locked, where all is there."""
    async with engine.connect() as connection:
        lacking = await connection.run_sync(_lacking, tables)
    if lacking:
        async with engine.begin() as connection:
            await _one_at_a_time(connection)
            await connection.run_sync(_make_lacking, tables)


def _make_lacking(connection: Conversation, tables: MetaData) -> None:
    for statement in _lacking(connection, tables):
        connection.exec_driver_sql(statement)


def _lacking(connection: Conversation, tables: MetaData) -> list[str]:
    """The statements that make the tables and indexes that the database does not have, in their order."""
    known = _known(connection, tables)
    return [told for name, told in _statements(tables, type(connection.dialect)) if name not in known]


@cache
def _statements(tables: MetaData, dialect: type[Dialect]) -> Sequence[tuple[str | None, str]]:
    """What makes each table and each index, by its name."""
    made = [(one.name, CreateTable(one, if_not_exists=True), one.indexes) for one in tables.sorted_tables]
    return [
        (name, str(one.compile(dialect=dialect())))
        for table, create, indexes in made
        for name, one in ((table, create), *((index.name, CreateIndex(index, if_not_exists=True)) for index in indexes))
    ]


def _known(connection: Conversation, tables: MetaData) -> set[str | None]:
    if connection.dialect.name == "sqlite":
        return set(connection.execute(text("SELECT name FROM sqlite_master")).scalars())
    inspected = inspect(connection)
    indexes = inspected.get_multi_indexes(filter_names=[*tables.tables]).values()
    return {*inspected.get_table_names(), *(one["name"] for of_table in indexes for one in of_table)}


async def _one_at_a_time(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TABLES_LOCK})
