"""Tenants, their senders and their contacts, as jobs look them up. What is not there cannot be served: Discard."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import Discard
from arqlight_jobs.crm.tables.people import contacts, senders, tenants

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose jobs these are."""

    id: str
    name: str
    region: str
    """Two letters: the country of phone numbers without a country code."""
    mail_by: str
    """smtp or sendgrid."""
    mail_from: str
    """'' for the fleet's MAIL_FROM."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A WhatsApp number of a tenant."""

    id: str
    tenant: str
    tier: int
    """Unique recipients that WhatsApp allows in 24 h; 0: no limit."""
    paused_until: datetime | None
    paused_because: str
    strikes: int


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to write to."""

    id: str
    tenant: str
    phone: str | None
    email: str | None
    name: str
    consent: bool
    tags: list[str]
    fields: dict[str, Any]
    last_inbound_at: datetime | None
    no_marketing_before: datetime | None


async def tenant_of(connection: AsyncConnection, tenant_id: str) -> Tenant:
    """The tenant of that id. Raises Discard."""
    return await _found(connection, Tenant, tenants, "tenant", id=tenant_id)


async def sender_of(connection: AsyncConnection, tenant_id: str, sender_id: str) -> Sender:
    """The sender of that id, if it is the tenant's. Raises Discard."""
    return await _found(connection, Sender, senders, "sender", id=sender_id, tenant=tenant_id)


async def contact_of(connection: AsyncConnection, tenant_id: str, contact_id: str) -> Contact:
    """The contact of that id, if it is the tenant's. Raises Discard."""
    return await _found(connection, Contact, contacts, "contact", id=contact_id, tenant=tenant_id)


async def _found(connection: AsyncConnection, kind: type[T], table: Table, name: str, **key: str) -> T:
    columns = [table.c[one.name] for one in fields(kind)]  # pyright: ignore[reportArgumentType] - each kind is a dataclass
    chosen = select(*columns).where(*(table.c[column] == value for column, value in key.items()))
    row = (await connection.execute(chosen)).mappings().one_or_none()
    if row is None:
        raise Discard(f"there is no {name} {key['id']}")
    return kind(**row)
