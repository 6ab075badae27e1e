"""Whom nothing may be sent to over a channel. Kept by the digest of the address, so it outlives the contact."""

import hashlib
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_jobs.crm.tables.people import suppressions

Channel = Literal["whatsapp", "email"]


def digest_of(address: str) -> str:
    """What stands for a normalised address: E.164, or mail in lower case."""
    return hashlib.sha256(address.encode()).hexdigest()


async def suppress(engine: AsyncEngine, tenant: str, channel: Channel, address: str, reason: str) -> None:
    """Send nothing more to this address; the first reason stays. A reason names no person."""
    told = {"tenant": tenant, "channel": channel, "address": digest_of(address), "reason": reason, "at": now()}
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(suppressions), told)
    except IntegrityError:
        return  # it is there already


async def suppressed(connection: AsyncConnection, tenant: str, channel: Channel, address: str) -> str | None:
    """Why nothing may be sent to this address; None when something may."""
    chosen = select(suppressions.c.reason).where(
        suppressions.c.tenant == tenant,
        suppressions.c.channel == channel,
        suppressions.c.address == digest_of(address),
    )
    return (await connection.execute(chosen)).scalar()
