"""The command line of a task hub, and what stands in its records and queues."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core import observe
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts.records import records
from arqlight_jobs.flrts.tables.tasks import tasks
from tests.unit.flrts.reminded import ADA_THERE, a_task
from tests.unit.shell import Shell

MAIL = "ada.planted@example.com"
SECRET = "a-planted-secret"  # noqa: S105 - planted


def set_up(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Where the records are, and that there is a bot."""
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(folder / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "OPENPROJECT_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("OPENPROJECT_BASE_URL", "http://127.0.0.1:9")


def with_ada(shell: Shell) -> Shell:
    """The command line, once Ada is registered and has a task."""
    shell.run("hub", "user", "add", "ada", "--timezone", "Europe/Zurich", "--email", MAIL)
    shell.run("hub", "user", "add", "ada", "--openproject", str(ADA_THERE))
    on_record(lambda connection: connection.execute(insert(tasks).values(**a_task(subject="Buy bread"))))
    return shell


def on_record(act: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    """What it answers, in a transaction of its own."""

    async def acted() -> Any:
        async with records(load()) as opened, opened.engine.begin() as connection:
            return await act(connection)

    return asyncio.run(acted())


def rows(table: Any) -> list[Any]:
    async def read(connection: AsyncConnection) -> list[Any]:
        return list((await connection.execute(select(table))).mappings())

    return on_record(read)


def waiting(shell: Shell) -> dict[str, int]:
    """How many jobs each queue of the task hub has."""
    found: dict[str, int] = {}

    async def counted(store: Store) -> None:
        for queue in (await observe.fleet(store)).queues:
            if queue.name.startswith("flrts:") and sum(queue.counts.values()):
                found[queue.name] = sum(queue.counts.values())

    shell.on_server(counted)
    return found
