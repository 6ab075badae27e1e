"""Rows of domain records as values: read by their key, and written unless they are there."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import Discard

T = TypeVar("T")

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


async def the_one(connection: AsyncConnection, kind: type[T], table: Table, name: str, **key: str) -> T:
    """The row of that key as a value of a dataclass with the same names. Raises Discard, naming it by its id."""
    columns = [table.c[one.name] for one in fields(kind)]  # pyright: ignore[reportArgumentType] - each kind is a dataclass
    chosen = select(*columns).where(*(table.c[column] == value for column, value in key.items()))
    row = (await connection.execute(chosen)).mappings().one_or_none()
    if row is None:
        raise Discard(f"there is no {name} {key['id']}")
    return kind(**row)


async def put_if_new(connection: AsyncConnection, table: Table, row: dict[str, Any]) -> bool:
    """Whether the row is new; where a unique key has it already, nothing is changed and the transaction goes on."""
    insert = _INSERTS[connection.dialect.name]
    return (await connection.execute(insert(table).values(**row).on_conflict_do_nothing())).rowcount == 1


async def put_or_change(
    connection: AsyncConnection,
    table: Table,
    row: dict[str, Any],
    changes: dict[str, Any],
    where: ColumnElement[bool] | None = None,
) -> bool:
    """Whether the row was put there, or the one of its primary key changed so, as far as it is `where` says."""
    insert = _INSERTS[connection.dialect.name](table).values(**row)
    keys = list(table.primary_key.columns)
    chosen = insert.on_conflict_do_update(index_elements=keys, set_=changes, where=where)
    return (await connection.execute(chosen)).rowcount == 1


async def put_in_place(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows, each in place of the one of its primary key; in the order of those, lest two such calls meet."""
    insert, keys = _INSERTS[connection.dialect.name](table), list(table.primary_key.columns)
    changes = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    ordered = sorted(rows, key=lambda row: tuple(row[key.name] for key in keys))
    if ordered:
        await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changes), ordered)


async def put_new(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write those rows that no unique key has already."""
    if rows:
        await connection.execute(_INSERTS[connection.dialect.name](table).on_conflict_do_nothing(), rows)
