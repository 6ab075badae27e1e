"""Tenants, their senders and their contacts, as jobs look them up. What is not there cannot be served: Discard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import UsageError
from arqlight_jobs.crm.tables.people import contacts, senders, tenants, users
from arqlight_jobs.outbound.rows import the_one


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


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who works with the CRM; quiet hours are HH:MM in the zone, '' for none."""

    id: str
    tenant: str
    email: str
    channels: list[str]
    """Beside the inbox: email, webhook, telegram."""
    quiet_from: str
    quiet_to: str
    timezone: str


async def tenant_of(connection: AsyncConnection, tenant_id: str) -> Tenant:
    """The tenant of that id. Raises Discard."""
    return await the_one(connection, Tenant, tenants, "tenant", id=tenant_id)


async def check_tenant(connection: AsyncConnection, tenant_id: str) -> None:
    """As `tenant_of`, for what a person types. Raises UsageError."""
    if (await connection.execute(select(tenants.c.id).where(tenants.c.id == tenant_id))).scalar() is None:
        raise UsageError(f"There is no tenant {tenant_id}; `arqlight tenant list` shows them, `tenant add` adds one.")


async def sender_of(connection: AsyncConnection, tenant_id: str, sender_id: str) -> Sender:
    """The sender of that id, if it is the tenant's. Raises Discard."""
    return await the_one(connection, Sender, senders, "sender", id=sender_id, tenant=tenant_id)


async def contact_of(connection: AsyncConnection, tenant_id: str, contact_id: str) -> Contact:
    """The contact of that id, if it is the tenant's. Raises Discard."""
    return await the_one(connection, Contact, contacts, "contact", id=contact_id, tenant=tenant_id)


async def users_of(connection: AsyncConnection, tenant_id: str) -> list[str]:
    """The ids of the tenant's users."""
    chosen = select(users.c.id).where(users.c.tenant == tenant_id).order_by(users.c.id)
    return list((await connection.execute(chosen)).scalars())


async def user_of(connection: AsyncConnection, user_id: str) -> User:
    """The user of that id. Raises Discard."""
    return await the_one(connection, User, users, "user", id=user_id)
