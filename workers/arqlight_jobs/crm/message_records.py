"""Messages on record: one row for each, from the first time that a job has it in hand until somebody has read it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.people import Contact, Sender
from arqlight_jobs.crm.recipients import message_effect
from arqlight_jobs.crm.requests import MessageAsked
from arqlight_jobs.crm.suppression import suppressed
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.messaging import campaigns, messages, pair_waits
from arqlight_jobs.crm.tables.metadata import LONGEST_WORD
from arqlight_jobs.crm.tables.people import contacts, senders
from arqlight_jobs.outbound.effects import LONGEST_KEY
from arqlight_jobs.outbound.rows import put_or_change


class Status(StrEnum):
    """How far a message is."""

    QUEUED = "queued"
    """A job has it, and could not send it yet."""
    SENT = "sent"
    """WhatsApp has taken it."""
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing was to be sent, and nothing is wrong."""
    UNKNOWN = "unknown"
    """Nobody knows whether WhatsApp has taken it."""


def effect_of(asked: MessageAsked) -> str:
    """The effect key: what can happen only once."""
    if asked.campaign:
        return message_effect(asked.campaign, asked.contact)
    key = f"message:{asked.tenant}:{asked.client_ref}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"message:{asked.tenant}:{hashlib.sha256(asked.client_ref.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Letter:
    """All that decides whether and how a message is sent, as of one moment."""

    contact: Contact
    sender: Sender
    content: Content
    campaign: CampaignState | None
    """None without a campaign."""
    pair_until: datetime | None
    pair_strikes: int
    suppressed: str | None
    """Why nothing may be sent to the number."""
    wamid: str | None
    """WhatsApp's id of it, if it was sent before."""

    @property
    def number(self) -> str:
        """Where it goes; '' for nowhere."""
        return self.contact.phone or ""


_PARTS = {"contact": (Contact, contacts), "sender": (Sender, senders), "content": (Content, contents)}
_COLUMNS = [
    table.c[name].label(f"{part}_{name}")
    for part, (kind, table) in _PARTS.items()
    for name in kind.__dataclass_fields__
]
_TOLD = select(
    *_COLUMNS,
    campaigns.c.state.label("campaign"),
    pair_waits.c.until.label("pair_until"),
    pair_waits.c.strikes.label("pair_strikes"),
    messages.c.wamid.label("wamid"),
)
_PAIR = and_(pair_waits.c.sender == bindparam("sender"), pair_waits.c.contact == bindparam("contact"))
_LETTER = _TOLD.select_from(
    contacts.outerjoin(senders, and_(senders.c.id == bindparam("sender"), senders.c.tenant == contacts.c.tenant))
    .outerjoin(contents, and_(contents.c.id == bindparam("content"), contents.c.tenant == contacts.c.tenant))
    .outerjoin(campaigns, and_(campaigns.c.id == bindparam("campaign"), campaigns.c.tenant == contacts.c.tenant))
    .outerjoin(pair_waits, _PAIR)
    .outerjoin(messages, messages.c.key == bindparam("key"))
).where(contacts.c.id == bindparam("contact"), contacts.c.tenant == bindparam("tenant"))


async def letter_of(connection: AsyncConnection, asked: MessageAsked) -> Letter:
    """Everything about the message, by two reads. Raises Discard for what is not there, or is another tenant's."""
    told = {name: getattr(asked, name) for name in ("tenant", "sender", "contact", "content", "campaign")}
    row = (await connection.execute(_LETTER, {**told, "key": effect_of(asked)})).mappings().one_or_none()
    if row is None:
        raise Discard("the contact is not there")
    made: dict[str, Any] = {part: _part(row, part) for part in _PARTS}
    if asked.campaign and row["campaign"] is None:
        raise Discard("the campaign is not there")
    blocked = await suppressed(connection, asked.tenant, "whatsapp", row["contact_phone"] or "")
    return Letter(
        **made,
        campaign=CampaignState(row["campaign"]) if row["campaign"] else None,
        pair_until=row["pair_until"],
        pair_strikes=row["pair_strikes"] or 0,
        suppressed=blocked,
        wamid=row["wamid"],
    )


def _part(row: Any, part: str) -> Any:
    kind, _ = _PARTS[part]
    told: dict[str, Any] = {name: row[f"{part}_{name}"] for name in kind.__dataclass_fields__}
    if told["id"] is None:
        raise Discard(f"the {part} is not there")
    if kind is Content:
        told["kind"] = Kind(told["kind"])
    return kind(**told)


async def write(
    connection: AsyncConnection, asked: MessageAsked, job_id: str, status: Status, *, reason: str = "", wamid: str = ""
) -> None:
    """Write down what a job came to with its message; once WhatsApp has an id of it only webhooks change it."""
    at = now()
    names = ("tenant", "sender", "contact", "content", "campaign")
    row: dict[str, Any] = {name: getattr(asked, name) for name in names}
    row |= {"key": effect_of(asked), "created_at": at}
    over = status in (Status.FAILED, Status.SKIPPED, Status.UNKNOWN)
    told = {"job_id": job_id, "status": status, "reason": reason[:LONGEST_WORD], "wamid": wamid or None}
    told |= {"sent_at": at if status is Status.SENT else None, "ended_at": at if over else None}
    await put_or_change(connection, messages, {**row, **told}, told, where=messages.c.wamid.is_(None))
