"""What can be exported: for each the columns of its file and the query that pages through it by a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, func, select

from arqlight_jobs.crm.tables.messaging import campaigns, messages
from arqlight_jobs.crm.tables.people import contacts


def _plain(value: Any) -> str:
    """A value as text: moments as ISO 8601 in UTC, yes and no, lists with commas, nothing as nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType] - out of JSON
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a tenant in one table, in the order of a column that is unique."""

    table: Table
    key: str
    columns: tuple[str, ...]

    def counted(self, tenant: str) -> Select[Any]:
        """How many there are now."""
        return select(func.count()).select_from(self.table).where(self.table.c.tenant == tenant)

    def page(self, tenant: str, after: str, limit: int) -> Select[Any]:
        """The next rows behind a key; the key comes first in each."""
        key: ColumnElement[Any] = self.table.c[self.key]
        chosen = select(key, *(self.table.c[name] for name in self.columns))
        own = chosen.where(self.table.c.tenant == tenant, *((key > after,) if after else ()))
        return own.order_by(key).limit(limit)

    def cells(self, row: Row[Any]) -> list[str]:
        """The row as it stands in the file, not yet guarded."""
        return [_plain(value) for value in row[1:]]


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "contacts": Source(
            contacts, "id", ("id", "phone", "email", "name", "consent", "tags", "created_at", "updated_at")
        ),
        "messages": Source(
            messages,
            "key",
            (
                *("key", "sender", "contact", "content", "campaign", "status", "reason", "wamid"),
                *("created_at", "sent_at", "delivered_at", "read_at", "ended_at"),
            ),
        ),
        "campaigns": Source(
            campaigns,
            "id",
            (
                *("id", "name", "channel", "sender", "content", "state", "reason", "total"),
                *("created_at", "started_at", "ended_at"),
            ),
        ),
    }
)
"""By the word that a person asks with."""
