"""Takes in what SendGrid posts: verified over the bytes as they came, kept as they came, and queued once."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import MINUTE
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.outreach.records import Records
from arqlight_jobs.outreach.requests import WebhookAsked
from arqlight_jobs.outreach.tables import senders, webhooks
from arqlight_jobs.providers import sendgrid_events
from arqlight_jobs.providers.sendgrid_events import NotSigned

PROVIDER = "sendgrid"

TOLERANCE = 5 * MINUTE
"""How far the moment of a signature may be from now: SendGrid itself documents no bound."""

LARGEST = 8 * 1024**2
"""Bytes of a post."""

_HEX_DIGITS = 32


class WebhookRefused(UsageError):
    """A post that is not taken in: nothing of it is kept and nothing is queued."""


class WebhookKnown(WebhookRefused):
    """A post that was taken in before, and whose job was queued then."""


async def accept(
    records: Records, raw: bytes, headers: Mapping[str, str], tenant: str, *, tolerance: timedelta = TOLERANCE
) -> str:
    """The id under which a post is kept; whoever has queued its job then says so by `queued`. Raises WebhookRefused.

    A post that was kept and not yet queued, for its receiver has crashed in between, is answered again. One that was
    queued is a replay.
    """
    if len(raw) > LARGEST:
        raise WebhookRefused(f"The post is refused: it is larger than {LARGEST} bytes.")
    signed_at = _verified(records.settings.sendgrid_webhook_key, headers, raw)
    if abs(now() - signed_at) > tolerance:
        raise WebhookRefused(f"The post is refused: it was signed more than {tolerance // MINUTE} minutes from now.")
    told = {"tenant": tenant, "provider": PROVIDER, "raw": raw, "signed_at": signed_at, "received_at": now()}
    own = _id_of(tenant, signed_at, raw)
    await _refuse_strangers(records, tenant)
    async with records.engine.begin() as connection:
        new = await put_if_new(connection, webhooks, {"id": own, **told})
        seen = (await connection.execute(select(webhooks.c.queued_at).where(webhooks.c.id == own))).scalar()
    if not new and seen is not None:
        raise WebhookKnown("The post is refused: it is a replay of one that was taken in before.")
    return own


def asked_of(tenant: str, webhook: str) -> WebhookAsked:
    """The job that reads it."""
    return WebhookAsked(tenant, webhook)


async def queued(records: Records, webhook: str) -> None:
    """Note that its job is queued."""
    async with records.engine.begin() as connection:
        await connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(queued_at=now()))


def _verified(key: str, headers: Mapping[str, str], raw: bytes) -> datetime:
    if not key:
        raise WebhookRefused("No post of SendGrid's can be verified: set SENDGRID_WEBHOOK_KEY to its public key.")
    try:
        return sendgrid_events.verify(key, headers, raw)
    except NotSigned as problem:
        raise WebhookRefused(f"The post is refused: {problem}.") from None


def _id_of(tenant: str, signed_at: datetime, raw: bytes) -> str:
    """By what was signed, for of one text there are many signatures."""
    told = f"{tenant}:{int(signed_at.timestamp())}:".encode() + raw
    return hashlib.sha256(told).hexdigest()[:_HEX_DIGITS]


async def _refuse_strangers(records: Records, tenant: str) -> None:
    """By who sends: an unsubscribe counts also when the campaign is long forgotten."""
    chosen = select(senders.c.id).where(senders.c.tenant == tenant).limit(1)
    async with records.engine.connect() as connection:
        known = (await connection.execute(chosen)).scalar()
    if known is None:
        raise WebhookRefused(f"The post is refused: there is no tenant {tenant}.")
