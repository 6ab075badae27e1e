"""The database of domain records: whoever is cut off in the midst of a write holds nobody else up."""

import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from arqlight_core.errors import DatabaseUnreachable
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.database import Connection, database_url, opened_database
from arqlight_jobs.outbound.effects import metadata


def test_a_statement_that_was_cut_off_keeps_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "records"
    cut_off = sqlite3.connect(path, factory=Connection)
    cut_off.execute("create table one (x)")
    held = cut_off.execute("insert into one values (1), (2) returning x")
    cut_off.close()
    other = sqlite3.connect(path, timeout=0)
    other.execute("insert into one values (3)")
    assert other.execute("select x from one").fetchall() == [(3,)]
    other.close()
    del held


async def test_every_connection_to_sqlite_is_one_of_those(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert database_url(settings).get_backend_name() == "sqlite"
    async with opened_database(settings, metadata) as engine, engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        assert isinstance(driver._conn, Connection)  # pyright: ignore[reportPrivateUsage] - aiosqlite shows it nowhere


async def test_a_database_that_does_not_let_us_in_is_named_without_its_password(tmp_path: Path) -> None:
    nowhere = "postgresql://me:a-secret@127.0.0.1:1/records"
    with pytest.raises(DatabaseUnreachable, match=r"me:\*\*\*@127\.0\.0\.1:1/records .*DATABASE_URL") as met:
        async with opened_database(Settings(data_dir=tmp_path, database_url=nowhere), metadata):
            pytest.fail("it was opened")
    assert "a-secret" not in str(met.value)
    (tmp_path / "records.sqlite").mkdir()
    with pytest.raises(DatabaseUnreachable, match="unable to open"):
        async with opened_database(Settings(data_dir=tmp_path), metadata):
            pytest.fail("it was opened")


async def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop: Callable[[Any], object] = getattr(aiosqlite.Connection, "stop")  # noqa: B009 - partially unknown otherwise

    def stop_slowly(connection: Any) -> object:
        connection._tx.put_nowait((None, partial(time.sleep, 0.05)))
        return stop(connection)

    monkeypatch.setattr(aiosqlite.Connection, "stop", stop_slowly)
    (tmp_path / "records.sqlite").mkdir()
    with pytest.raises(DatabaseUnreachable):
        async with opened_database(Settings(data_dir=tmp_path), metadata):
            pytest.fail("it was opened")
    assert "_connection_worker_thread" not in str(threading.enumerate())
