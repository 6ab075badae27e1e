"""What WhatsApp's webhooks tell: how far a message is, and that a contact has written.

Pure reading, then one transaction for each thing told. They come late, twice and in any order: a message's status only
goes forward, and whatever is told again changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_jobs.crm.campaigns import RecipientState
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.message_sending import CAP_LASTS
from arqlight_jobs.crm.recipients import settle
from arqlight_jobs.crm.suppression import digest_of
from arqlight_jobs.crm.tables.messaging import messages, recipients
from arqlight_jobs.crm.tables.metadata import LONGEST_WORD
from arqlight_jobs.crm.tables.people import contacts, senders, suppressions
from arqlight_jobs.outbound.effects import State, effects
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.whatsapp import MEANINGS, Meaning, is_number
from arqlight_jobs.providers.whatsapp_webhooks import words_of

RANKS: Mapping[Status, int] = {
    Status.QUEUED: 0,
    Status.SKIPPED: 0,
    Status.UNKNOWN: 0,
    Status.SENT: 1,
    Status.FAILED: 2,
    Status.DELIVERED: 3,
    Status.READ: 4,
}
"""A status is only followed by one of a higher rank. What was delivered has not failed, whatever is told late."""

AT: Mapping[Status, str] = {
    Status.SENT: "sent_at",
    Status.DELIVERED: "delivered_at",
    Status.READ: "read_at",
    Status.FAILED: "ended_at",
}
"""The column that keeps when each was reached."""


class Applied(StrEnum):
    """What a receipt came to."""

    CHANGED = "changed"
    KNOWN = "known"
    """It told nothing new."""
    STRANGE = "strange"
    """There is no such message; the job that sends it may not have written it down yet, so ask again."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a message is. `job_id` is what came back of the request, '' without it; `code` an error's."""

    wamid: str
    status: Status
    at: datetime
    job_id: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A contact, known by its number in E.164, has written to a sender. `id` is WhatsApp's, which holds the number."""

    sender: str
    number: str
    at: datetime
    id: str = ""
    text: str | None = None
    """'' where it holds no words; None where nothing was said, as by a reaction."""


# ------------------------------------------------------------------ reading


class _Metadata(msgspec.Struct):
    phone_number_id: str = ""


class _Error(msgspec.Struct):
    code: int


class _Told(msgspec.Struct):
    id: str
    status: Literal["sent", "delivered", "read", "failed"]
    timestamp: str
    biz_opaque_callback_data: str = ""
    errors: list[_Error] = []


class _Written(msgspec.Struct):
    sender: str = msgspec.field(name="from")
    timestamp: str = ""
    id: str = ""


class _Value(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    statuses: list[Any] = []
    messages: list[Any] = []


class _Change(msgspec.Struct):
    value: Any = None


class _Entry(msgspec.Struct):
    changes: list[_Change] = []


class _Body(msgspec.Struct):
    entry: list[_Entry]


def told_in(body: bytes) -> Iterator[Receipt | Inbound]:
    """What a webhook's body tells; parts of another kind, and those that make no sense, are left out.

    Raises ValueError for a body that is no webhook of WhatsApp's.
    """
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("the body is no webhook of WhatsApp's") from None
    for value in (_as(change.value, _Value) for entry in read.entry for change in entry.changes):
        if value is not None:
            yield from _receipts(value)
            yield from _inbound(value)


def _receipts(value: _Value) -> Iterator[Receipt]:
    for told in (_as(one, _Told) for one in value.statuses):
        at = None if told is None else _moment(told.timestamp)
        if told and at and told.id:
            code = told.errors[0].code if told.errors else None
            yield Receipt(told.id, Status(told.status), at, told.biz_opaque_callback_data, code)


def _inbound(value: _Value) -> Iterator[Inbound]:
    for one in value.messages:
        told = _as(one, _Written)
        at = None if told is None else _moment(told.timestamp)
        number = f"+{told.sender.removeprefix('+')}" if told else ""
        if told and at and is_number(number) and value.metadata.phone_number_id:
            yield Inbound(value.metadata.phone_number_id, number, at, told.id, words_of(one) if told.id else None)


def _as(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _moment(text: str) -> datetime | None:
    """Epoch seconds as they are written there; what lies ahead is now."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:  # noqa: PLR2004 - beyond it there are no years
        return None
    try:
        return min(datetime.fromtimestamp(int(text), UTC), now())
    except (ValueError, OverflowError):
        return None


# ------------------------------------------------------------------ writing


async def apply_receipt(engine: AsyncEngine, receipt: Receipt) -> Applied:
    """Bring the message forward, and with it its campaign and its effect; a refusal is heeded as one of the API."""
    async with engine.begin() as connection:
        row = await message_told_of(connection, receipt)
        if row is None:
            return Applied.STRANGE
        if not await _forward(connection, row, receipt):
            return Applied.KNOWN
        if receipt.status is Status.FAILED:
            await _heed(connection, row, receipt)
        else:
            await settle(connection, row.campaign, row.contact, RecipientState.SENT)
        known = effects.c.effect_key == row.key, effects.c.state == State.UNKNOWN
        told = {"state": State.SENT, "provider_id": receipt.wamid, "reason": "told by a webhook", "at": now()}
        await connection.execute(update(effects).where(*known).values(**told))
    return Applied.CHANGED


async def message_told_of(connection: AsyncConnection, receipt: Receipt) -> Row[Any] | None:
    """By WhatsApp's id of it; one that was sent by a run that died before it knew that id, by its job."""
    found = (await connection.execute(select(messages).where(messages.c.wamid == receipt.wamid))).first()
    if found is not None or not receipt.job_id:
        return found
    mine = messages.c.job_id == receipt.job_id, messages.c.wamid.is_(None)
    return (await connection.execute(select(messages).where(*mine))).first()


async def _forward(connection: AsyncConnection, row: Row[Any], receipt: Receipt) -> bool:
    lower = [status for status, rank in RANKS.items() if rank < RANKS[receipt.status]]
    failed = row.wamid is None and row.status == Status.FAILED  # by its job, which was wrong about it
    mine = messages.c.status.in_(lower) if not failed else messages.c.status == row.status
    values: dict[str, Any] = {"status": receipt.status, "wamid": receipt.wamid, AT[receipt.status]: receipt.at}
    values["sent_at"] = func.coalesce(messages.c.sent_at, receipt.at)
    if receipt.status is Status.FAILED:
        values["reason"] = _reason(receipt)[:LONGEST_WORD]
    chosen = update(messages).where(messages.c.key == row.key, mine).values(**values)
    return (await connection.execute(chosen)).rowcount == 1


def _reason(receipt: Receipt) -> str:
    meaning = MEANINGS.get(receipt.code) if receipt.code is not None else None
    return f"{meaning or 'not delivered'} (whatsapp's code {receipt.code})"


async def _heed(connection: AsyncConnection, row: Row[Any], receipt: Receipt) -> None:
    mine = recipients.c.campaign == row.campaign, recipients.c.contact == row.contact
    told = {"state": RecipientState.FAILED, "reason": _reason(receipt)[:LONGEST_WORD], "at": now()}
    await connection.execute(update(recipients).where(*mine).values(**told))
    meaning = MEANINGS.get(receipt.code) if receipt.code is not None else None
    if meaning is Meaning.MARKETING_CAP:
        until = {"no_marketing_before": receipt.at + CAP_LASTS}
        await connection.execute(update(contacts).where(contacts.c.id == row.contact).values(**until))
    if meaning is Meaning.OPTED_OUT:
        await _suppress(connection, row)


async def _suppress(connection: AsyncConnection, row: Row[Any]) -> None:
    phone = (await connection.execute(select(contacts.c.phone).where(contacts.c.id == row.contact))).scalar()
    if phone:
        told = {"tenant": row.tenant, "channel": "whatsapp", "address": digest_of(phone)}
        await put_if_new(connection, suppressions, {**told, "reason": "opted out at WhatsApp", "at": now()})


async def apply_inbound(engine: AsyncEngine, inbound: Inbound) -> str | None:
    """Open the window of 24 h for the contact of that number; its id, None where the sender's tenant has none."""
    mine = contacts.c
    tenant = select(senders.c.tenant).where(senders.c.id == inbound.sender).scalar_subquery()
    those = mine.tenant == tenant, mine.phone == inbound.number
    later = or_(mine.last_inbound_at.is_(None), mine.last_inbound_at < inbound.at)
    async with engine.begin() as connection:
        await connection.execute(update(contacts).where(*those, later).values(last_inbound_at=inbound.at))
        return (await connection.execute(select(mine.id).where(*those))).scalar()
