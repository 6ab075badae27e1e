"""Deletes rows that are too old, category by category, in small transactions; what is left, the next run takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, Table, and_, delete, func, inspect, not_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_jobs.expiry import BATCH, Category
from arqlight_jobs.healer.retention.holds import is_held


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of one category. `bytes` are those of the deleted rows as text, without what went with them."""

    category: str
    cutoff: datetime
    matched: int
    deleted: int = 0
    bytes: int = 0
    dry_run: bool = False


async def has_table(connection: AsyncConnection, table: Table) -> bool:
    """Whether the database has the table: a domain that was never used has none."""
    return await connection.run_sync(lambda own: inspect(own).has_table(table.name))


async def count(engine: AsyncEngine, category: Category, cutoff: datetime) -> int:
    """How many rows are too old."""
    async with engine.connect() as connection:
        if not await has_table(connection, category.table):
            return 0
        chosen = select(func.count()).select_from(category.table).where(_too_old(category, cutoff))
        return (await connection.execute(chosen)).scalar_one()


async def purge(
    engine: AsyncEngine, category: Category, cutoff: datetime, matched: int, report: Callable[[int], None]
) -> Purged:
    """Delete them, the oldest first. `report` is told how many are gone."""
    deleted = size = 0
    while matched and (batch := await _next_batch(engine, category, cutoff)):
        gone = await _delete(engine, category, cutoff, batch)
        if not gone:  # somebody else is at it
            break
        deleted, size = deleted + gone, size + sum(map(_size, batch))
        report(deleted)
    return Purged(category.name, cutoff, matched, deleted, size)


def _too_old(category: Category, cutoff: datetime) -> ColumnElement[bool]:
    free = not_(is_held(category.name, category.table))
    return and_(category.at < cutoff, free, *(() if category.where is None else (category.where,)))


async def _next_batch(engine: AsyncEngine, category: Category, cutoff: datetime) -> Sequence[RowMapping]:
    chosen = select(category.table).where(_too_old(category, cutoff)).order_by(category.at).limit(category.batch)
    async with engine.connect() as connection:
        return (await connection.execute(chosen)).mappings().all()


async def _delete(engine: AsyncEngine, category: Category, cutoff: datetime, batch: Sequence[RowMapping]) -> int:
    columns = list(category.table.primary_key)
    keys = [tuple(row[column] for column in columns) for row in batch]
    chosen = tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([key for (key,) in keys])
    for part in category.parts:
        await _delete_part(engine, part, [key for (key,) in keys])
    async with engine.begin() as connection:
        return (await connection.execute(delete(category.table).where(chosen, _too_old(category, cutoff)))).rowcount


async def _delete_part(engine: AsyncEngine, part: Column[Any], keys: Sequence[Any]) -> None:
    """Delete all that refers to these rows by that column: left to the database it would be one long transaction."""
    columns = list(part.table.primary_key)
    chosen = select(*columns).where(part.in_(keys)).limit(BATCH)
    found = True
    while found:
        async with engine.begin() as connection:
            found = [tuple(row) for row in await connection.execute(chosen)]
            await connection.execute(delete(part.table).where(tuple_(*columns).in_(found)))


def _size(row: RowMapping) -> int:
    return sum(_bytes(value) for value in row.values())


def _bytes(value: Any) -> int:
    return 0 if value is None else len(value) if isinstance(value, bytes) else len(str(value).encode(errors="replace"))
