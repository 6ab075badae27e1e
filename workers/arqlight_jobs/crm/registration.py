"""Who may send and what: tenants, their WhatsApp senders, their users and contents, as an operator writes them down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import phonenumbers
from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_jobs.crm.addresses import mail_address
from arqlight_jobs.crm.content_checks import checked
from arqlight_jobs.crm.contents import Content
from arqlight_jobs.crm.people import Tenant, check_tenant
from arqlight_jobs.crm.requests import Id
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.people import contacts, senders, tenants, users

CHANNELS = ("email", "webhook", "telegram")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of a tenant who is told of things, and where beside the inbox."""

    id: str
    tenant: str
    email: str = ""
    channels: Sequence[str] = ()
    quiet: str = ""
    """When nothing but the inbox is used, such as 22:00-07:00; '' for never."""
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class TenantView(Tenant):
    """A tenant with what it has, as ids, and how many contacts."""

    senders: Mapping[str, int]
    """Each with its tier."""
    users: Sequence[str]
    contents: Mapping[str, str]
    """Each with its kind."""
    contacts: int


@dataclass(frozen=True, slots=True)
class Registry:
    """All tenants of a database."""

    engine: AsyncEngine

    # ------------------------------------------------------------------ writing

    async def add(self, tenant: Tenant) -> None:
        """A new tenant. Raises UsageError."""
        checked_id(tenant.id, "tenant")
        if tenant.region not in phonenumbers.SUPPORTED_REGIONS:
            raise UsageError(f"{tenant.region} is no region; give a country's two letters, such as CH.")
        if tenant.mail_from and mail_address(tenant.mail_from) is None:
            raise UsageError("That is no mail address to send from; write one like news@example.com.")
        told = {name: getattr(tenant, name) for name in ("id", "name", "region", "mail_by", "mail_from")}
        await self._insert(tenants, {**told, "created_at": now()}, f"There is a tenant {tenant.id} already.")

    async def put_sender(self, tenant: str, sender: str, tier: int) -> bool:
        """Register a WhatsApp sender, or its new tier (0: no limit); whether it is new. Raises UsageError."""
        checked_id(sender, "sender")
        fresh = {"paused_because": "", "strikes": 0}
        return await self._put(senders, tenant, sender, {"tier": tier}, fresh)

    async def put_user(self, user: User) -> bool:
        """Register a user, or what has changed of one; whether it is new. Raises UsageError."""
        checked_id(user.id, "user")
        begin, end = _quiet(user)
        told = {"email": user.email, "channels": list(user.channels), "timezone": user.timezone}
        return await self._put(users, user.tenant, user.id, {**told, "quiet_from": begin, "quiet_to": end})

    async def put_content(self, content: Content) -> bool:
        """Write a content down, or its new words; whether it is new. Raises UsageError for what cannot be sent."""
        checked_id(content.id, "content")
        body = checked(content.kind, content.body)
        told = {"kind": content.kind, "body": body}
        return await self._put(contents, content.tenant, content.id, told, {"created_at": now()})

    # ------------------------------------------------------------------ reading

    async def find(self, tenant: str) -> TenantView:
        """The tenant with what it has. Raises UsageError."""
        async with self.engine.connect() as connection:
            await check_tenant(connection, tenant)
            return await _listed(connection, tenant)

    async def listed(self) -> list[TenantView]:
        """Every tenant, by id."""
        async with self.engine.connect() as connection:
            ids = (await connection.execute(select(tenants.c.id).order_by(tenants.c.id))).scalars().all()
            return [await _listed(connection, one) for one in ids]

    # ------------------------------------------------------------------ one row

    async def _put(
        self, table: Table, tenant: str, own: str, told: Mapping[str, Any], fresh: Mapping[str, Any] | None = None
    ) -> bool:
        """Change what the tenant has under this id, or add it with what is `fresh`."""
        mine = (table.c.id == own, table.c.tenant == tenant)
        async with self.engine.begin() as connection:
            await check_tenant(connection, tenant)
            if (await connection.execute(update(table).where(*mine).values(**told))).rowcount:
                return False
        row = {"id": own, "tenant": tenant, **told, **(fresh or {})}
        await self._insert(table, row, f"{own} is taken: it belongs to another tenant. Choose another id.")
        return True

    async def _insert(self, table: Table, row: Mapping[str, Any], taken: str) -> None:
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(table), dict(row))
        except IntegrityError:
            raise UsageError(taken) from None


async def _listed(connection: AsyncConnection, tenant: str) -> TenantView:
    row = (await connection.execute(select(tenants).where(tenants.c.id == tenant))).one()
    own_senders = select(senders.c.id, senders.c.tier).where(senders.c.tenant == tenant).order_by(senders.c.id)
    own_contents = select(contents.c.id, contents.c.kind).where(contents.c.tenant == tenant).order_by(contents.c.id)
    own_users = select(users.c.id).where(users.c.tenant == tenant).order_by(users.c.id)
    own_contacts = select(func.count()).where(contacts.c.tenant == tenant)
    return TenantView(
        row.id,
        row.name,
        row.region,
        row.mail_by,
        row.mail_from,
        senders={one.id: one.tier for one in await connection.execute(own_senders)},
        users=(await connection.execute(own_users)).scalars().all(),
        contents={one.id: one.kind for one in await connection.execute(own_contents)},
        contacts=(await connection.execute(own_contacts)).scalar_one(),
    )


def checked_id(own: str, what: str) -> str:
    """The id. Raises UsageError for what no job could carry as one."""
    try:
        return msgspec.convert(own, Id)
    except msgspec.ValidationError:
        raise UsageError(f"{own!r} is no id for a {what}; give 1 to 64 signs without blanks and colons.") from None


def _quiet(user: User) -> tuple[str, str]:
    """When the user's quiet begins and ends. Raises UsageError for anything about the user that is not right."""
    if user.email and mail_address(user.email) is None:
        raise UsageError("That is no mail address; write one like ada@example.com.")
    if unknown := [one for one in user.channels if one not in CHANNELS]:
        raise UsageError(f"{unknown[0]} is no channel; beside the inbox there are {', '.join(CHANNELS)}.")
    if "email" in user.channels and not user.email:
        raise UsageError("Mail needs an address: give --email, too.")
    try:
        ZoneInfo(user.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is no zone
        raise UsageError(f"{user.timezone} is no time zone; write one like Europe/Zurich.") from None
    return _hours(user.quiet) if user.quiet else ("", "")


def _hours(text: str) -> tuple[str, str]:
    begin, _, end = text.partition("-")
    try:
        return f"{time.fromisoformat(begin.strip()):%H:%M}", f"{time.fromisoformat(end.strip()):%H:%M}"
    except ValueError:
        raise UsageError(f"{text!r} are no quiet hours; write them like 22:00-07:00.") from None
