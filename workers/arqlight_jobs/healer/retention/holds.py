"""Legal holds: rows that are kept whatever their age, until the hold is lifted."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, String, Table, cast, delete, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.healer.tables import legal_holds


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A row that is kept: what it belongs to, its key, why, who wants it so, and since when."""

    category: str
    key: str
    reason: str
    by: str
    at: datetime


_READ = [legal_holds.c[one.name] for one in fields(LegalHold)]


@dataclass(frozen=True, slots=True)
class Holds:
    """The legal holds of a database."""

    engine: AsyncEngine

    async def put(self, category: str, key: str, by: str, reason: str) -> None:
        """Hold a row; the parts of a key that has several are joined by `:`. Raises UsageError when it is held."""
        row = {"category": category, "key": key, "by": by, "reason": reason, "at": now()}
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(legal_holds), row)
        except IntegrityError:
            raise UsageError(f"{key} of the {category} is held already.") from None

    async def lift(self, category: str, key: str) -> None:
        """Let a row go its way again. Raises UsageError when it is not held."""
        own = legal_holds.c
        async with self.engine.begin() as connection:
            gone = await connection.execute(delete(legal_holds).where(own.category == category, own.key == key))
        if not gone.rowcount:
            raise UsageError(f"{key} of the {category} is not held.")

    async def listed(self) -> list[LegalHold]:
        """Every hold."""
        chosen = select(*_READ).order_by(legal_holds.c.category, legal_holds.c.key)
        async with self.engine.connect() as connection:
            return [LegalHold(**row) for row in (await connection.execute(chosen)).mappings()]


def is_held(category: str, table: Table) -> ColumnElement[bool]:
    """Whether a row of the table is held."""
    held = select(legal_holds.c.key).where(legal_holds.c.category == category)
    return _key_of(table).in_(held)


def _key_of(table: Table) -> ColumnElement[str]:
    first, *rest = (cast(column, String) for column in table.primary_key)
    key: ColumnElement[str] = first
    for part in rest:
        key = key + literal(":") + part
    return key
