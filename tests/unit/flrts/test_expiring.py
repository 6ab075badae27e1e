"""What is forgotten of the task hub, and what stays."""

from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, func, insert, select

from arqlight_core.clock import now
from arqlight_core.policy import DAY, HOUR
from arqlight_jobs.expiry import Category, discovered
from arqlight_jobs.flrts import expiring
from arqlight_jobs.flrts.tables import hooks, people, reminders, speech, tasks, wishes
from arqlight_jobs.flrts.tables.metadata import metadata
from arqlight_jobs.healer.records import records as healer_records
from arqlight_jobs.healer.retention.purge import count, purge
from tests.unit.flrts.reminded import Reminded, reminded, settings_in

OLD, NEW = now() - 4 * DAY, now() - HOUR
CATEGORIES = [value for value in vars(expiring).values() if isinstance(value, Category)]

PLAIN: dict[type[Any], Any] = {str: "ada", int: 1, bool: False, bytes: b"", object: OLD}
"""A value for any column, by its type; a moment tells none."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[Reminded]:
    async with reminded(settings_in(tmp_path)) as made, healer_records(made.settings):  # which has the table of holds
        yield made


async def put(hub: Reminded, category: Category, own: int, at: datetime | None) -> None:
    """A row whose key is told by `own`."""
    needed = [column for column in category.table.columns if not column.nullable]
    row: dict[str, Any] = {
        one.name: {} if isinstance(one.type, JSON) else PLAIN[one.type.python_type] for one in needed
    }
    [key, *_] = category.table.primary_key.columns
    row |= {key.name: own if key.type.python_type is int else f"id-{own}", category.at.name: at}
    row |= {"before": f"{own}d"} if "before" in row else {}
    async with hub.held.engine.begin() as connection:
        await connection.execute(insert(category.table).values(**row))


async def left(hub: Reminded, category: Category) -> int:
    async with hub.held.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(category.table))).scalar_one()


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda one: one.name)
async def test_what_is_old_goes_and_what_is_new_stays(hub: Reminded, category: Category) -> None:
    for own, at in ((1, OLD), (2, NEW)):
        await put(hub, category, own, at)
    cutoff = now() - 3 * DAY
    matched = await count(hub.held.engine, category, cutoff)
    assert matched == 1
    await purge(hub.held.engine, category, cutoff, matched, lambda _: None)
    assert await left(hub, category) == 1


@pytest.mark.parametrize("category", [expiring.CHANGES, expiring.REMINDERS], ids=lambda one: one.name)
async def test_what_is_not_over_stays_however_old_it_is(hub: Reminded, category: Category) -> None:
    await put(hub, category, 1, None)
    assert await count(hub.held.engine, category, now() + 99 * DAY) == 0


def test_retention_knows_of_all_that_is_said_heard_and_over() -> None:
    known = {one.table for one in discovered().categories}
    assert known >= {
        speech.messages,
        speech.updates,
        speech.uses,
        hooks.hooks,
        tasks.changes,
        tasks.processed_jobs,
        reminders.reminders,
        people.links,
        wishes.wishes,
    }
    names = [one.name for one in discovered().categories]
    assert len(set(names)) == len(names)


def test_who_and_what_there_is_and_how_far_it_was_read_stays() -> None:
    kept = {table.name for table in metadata.tables.values()} - {one.table.name for one in CATEGORIES}
    assert kept == {
        "flrts_chats",
        "flrts_news",
        "flrts_passes",
        "flrts_references",
        "flrts_tasks",
        "flrts_users",
        "flrts_watermarks",
    }


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda one: one.name)
def test_what_is_old_is_found_by_an_index(category: Category) -> None:
    assert any(next(iter(index.columns)) is category.at for index in category.table.indexes)
