"""Whom nothing may be sent to over a channel. Kept by the digest of the address, so it outlives the contact."""

import contextlib
import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.outreach.requests import Channel
from arqlight_jobs.outreach.tables import suppressions
from arqlight_jobs.providers.headers import MailRefused, address_of

LIFTED_BY_THEMSELVES = "group_unsubscribe"
"""The one reason that recipients can take back; it gives way to any other."""


def digest_of(address: str) -> str:
    """What stands for an address, however its letters and its domain are written."""
    plain = address.strip()
    with contextlib.suppress(MailRefused):  # a number is none
        plain = address_of(plain, "the address")
    return hashlib.sha256(plain.lower().encode(errors="surrogatepass")).hexdigest()


async def suppress(
    connection: AsyncConnection, tenant: str, channel: Channel, address: str, reason: str, at: datetime
) -> bool:
    """Send nothing more to this address, since then; whether that is new. A reason names no person.

    The first reason stays, but for one that can be lifted.
    """
    told = {"tenant": tenant, "channel": channel, "address": digest_of(address), "reason": reason, "at": at}
    if await put_if_new(connection, suppressions, told):
        return True
    weaker = update(suppressions).where(*_of(tenant, channel, address), suppressions.c.reason == LIFTED_BY_THEMSELVES)
    weaker = weaker.where(suppressions.c.at < at) if reason == LIFTED_BY_THEMSELVES else weaker
    await connection.execute(weaker.values(reason=reason, at=at))
    return False


async def lift(connection: AsyncConnection, tenant: str, channel: Channel, address: str, at: datetime) -> None:
    """Send to this address again, if the recipient has taken the reason back since it was given."""
    c = suppressions.c
    taken_back = c.reason == LIFTED_BY_THEMSELVES, c.at <= at
    await connection.execute(delete(suppressions).where(*_of(tenant, channel, address), *taken_back))


async def suppressed(connection: AsyncConnection, tenant: str, channel: Channel, address: str) -> str | None:
    """Why nothing may be sent to this address; None when something may."""
    chosen = select(suppressions.c.reason).where(*_of(tenant, channel, address))
    return (await connection.execute(chosen)).scalar()


def _of(tenant: str, channel: Channel, address: str) -> tuple[ColumnElement[bool], ...]:
    c = suppressions.c
    return c.tenant == tenant, c.channel == channel, c.address == digest_of(address)
