"""What follows when a contact writes: a turn of the conversation, then a flow that waits for it, or a model's answer.

All of it can be done again until it is noted that the jobs are queued; then the same message changes nothing any more.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from arqlight_jobs.crm.conversations import Conversation, Conversations
from arqlight_jobs.crm.deliveries import publish
from arqlight_jobs.crm.events import digest
from arqlight_jobs.crm.flow_entry import Occasion, happened, replied
from arqlight_jobs.crm.happenings import DELIVER, RECEIVED, received_event
from arqlight_jobs.crm.opting_out import opts_out
from arqlight_jobs.crm.receipts import Inbound, apply_inbound
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import ChatAsked
from arqlight_jobs.crm.suppression import suppress
from arqlight_jobs.crm.tables.people import contacts

STEP, CHAT = "crm.flow.step", "crm.ai.chat"

WORDLESS = "[no words]"
"""What stands in a conversation for a picture or a sound without a caption."""


class Ask(NamedTuple):
    """A job to be queued: the name of its type, and its payload."""

    job: str
    payload: Any


class Heard(NamedTuple):
    """A turn, whether it was new, and what is to be queued before it is noted as heeded."""

    conversation: str
    turn: str
    new: bool = True
    asks: Sequence[Ask] = ()


async def heard(records: Records, inbound: Inbound) -> Heard | None:
    """What a message leads to; None from a number that is no contact's. Without a turn it said nothing."""
    contact = await apply_inbound(records.engine, inbound)
    if contact is None:
        return None
    if inbound.text is None:
        return Heard("", "")
    talk, turn = await _conversation(records, contact, inbound.sender), turn_id(inbound)
    talks = Conversations(records.engine)
    new = await talks.said(talk.id, turn, inbound.text or WORDLESS, inbound.at)
    if not new and await talks.is_heeded(talk.id, turn):
        return Heard(talk.id, turn, new=False)
    return Heard(talk.id, turn, asks=await _asks(records, talk, turn, inbound))


def turn_id(inbound: Inbound) -> str:
    """The id of a message as jobs may carry it: WhatsApp's own holds the number."""
    return f"wa-{digest(inbound.sender, inbound.id)}"


async def _conversation(records: Records, contact: str, sender: str) -> Conversation:
    async with records.engine.connect() as connection:
        chosen = select(contacts.c.tenant).where(contacts.c.id == contact)
        tenant = (await connection.execute(chosen)).scalar_one()
    return await Conversations(records.engine).opened(tenant, contact, sender)


async def _asks(records: Records, talk: Conversation, turn: str, inbound: Inbound) -> list[Ask]:
    """Who opts out is left alone. Else a flow has the word, and where none has, the model."""
    text, out = inbound.text or "", opts_out(inbound.text or "")
    told = {"contact": talk.contact, "sender": talk.sender, "conversation": talk.id, "opted_out": out}
    event = received_event(talk.tenant, turn, inbound.at, told)
    asks = [Ask(DELIVER, asked) for asked in await publish(records.engine, event)]
    if out:
        await suppress(records.engine, talk.tenant, "whatsapp", inbound.number, "opted out by a word")
        return asks
    occasion = Occasion(talk.tenant, talk.contact, turn, talk.id, turn, text)
    if steps := await replied(records, occasion) or await happened(records, RECEIVED, occasion):
        return [*asks, *(Ask(STEP, step) for step in steps)]
    if text and is_answered_by_model(talk):
        asks.append(Ask(CHAT, ChatAsked(talk.tenant, talk.id, turn)))
    return asks


def is_answered_by_model(talk: Conversation) -> bool:
    """Whether its tenant wants that: it was opened with instructions for the model, and no person has it in hand."""
    return bool(talk.instructions) and not talk.handed_over
