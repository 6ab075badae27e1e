"""The queue of messages by Telegram's bot, and its one job type.

A job without a chat queues one for each chat that its message is for. One with a chat sends one part of the text, then
queues the next: parts arrive in their order, each is an effect of its own, and none is sent behind one that failed.

Everything that is said here is a notice, an answer or a reminder: it is sent at least once. Telegram has no key by
which it would tell two sendings apart, so a run that dies between the call and its record says the same twice.
"""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import Discard, Signal, Unavailable, UnknownOutcome
from arqlight_core.hashing import canonical_key
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND, Dependency, Limit, Mode, Rate, Unique, gives_up
from arqlight_core.run import Run
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.requests import Said
from arqlight_jobs.flrts.telegram_outbound_records import (
    Message,
    chats_for,
    has_arrived,
    has_failed,
    has_moved,
    is_gone,
    is_silent,
    message_of,
)
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.effects import Effect, State, outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.providers.telegram import TELEGRAM, ChatGone, Note, send

SEND = "flrts.telegram.outbound"

outbound = queue(
    "flrts:telegram:outbound",
    "What the task hub says to people, by Telegram's bot.",
    Limit("flrts-telegram-chat", (Rate(1, SECOND),), by=lambda asked: asked.chat or None, exact=True),
    Limit("flrts-telegram-group", (Rate(20, MINUTE),), by=lambda asked: _group(asked.chat), exact=True),
    Limit("flrts-telegram-bot", (Rate(30, SECOND),), by=lambda asked: "" if asked.chat else None, exact=True),
)
"""Limits of a chat, a group and the bot as Telegram has them: a 429, which stops the bot in every chat, is rare."""


def _group(chat: str) -> str | None:
    return chat if chat.startswith("-") else None


def key_of(asked: Said) -> str:
    """What is queued once. A chat is named by a digest."""
    return f"{asked.message}:{canonical_key({'chat': asked.chat})}:{asked.part}" if asked.chat else asked.message


@outbound.job(
    SEND,
    Said,
    timeout=TIMEOUT,
    retry=RETRY,
    deadline=DAY,
    sensitive=("chat",),
    id_of=key_of,
    unique=Unique(HOUR, Mode.THROTTLE, by=key_of),
    needs=(Dependency(TELEGRAM.dependency, concerns=lambda asked: bool(asked.chat)),),
    at_least_once=True,
    follow_ups=(SEND,),
)
async def say(run: Run, asked: Said) -> dict[str, Any]:
    """Send one part of a message to one chat, or queue that for each chat it is for."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        message = await message_of(connection, asked.message)
        gone = bool(asked.chat) and await is_silent(connection, asked.chat)
    if not asked.chat:
        return await _spread(run, opened, message)
    if gone:
        return await _unsaid(opened, message, "the chat is not active")
    return await _said(run, opened, asked, message)


async def _spread(run: Run, opened: Records, message: Message) -> dict[str, Any]:
    async with opened.engine.connect() as connection:
        chats = await chats_for(connection, message)
    if not chats:
        return await _unsaid(opened, message, "there is no active chat")
    for chat in chats:
        await run.enqueue(SEND, Said(message.id, chat))
    return {"status": "queued", "chats": len(chats), "parts": len(message.parts)}


async def _unsaid(opened: Records, message: Message, reason: str) -> dict[str, Any]:
    async with opened.engine.begin() as connection:
        await has_failed(connection, message.id, reason)
    return {"status": "skipped", "reason": reason}


async def _said(run: Run, opened: Records, asked: Said, message: Message) -> dict[str, Any]:
    parts, client, box = message.parts, await run.open(provider_client), await run.open(outbox)
    if asked.part >= len(parts):
        await _unsaid(opened, message, "there is nothing to be said")
        raise Discard(f"the message has {len(parts)} parts, and none numbered {asked.part}")
    run.progress(50, 100, "sending")
    sending = _Sending(run, client, opened, asked, message, parts)
    effect = await once(
        box, run, f"flrts:telegram:{key_of(asked)}", Policy.AT_LEAST_ONCE, sending.send, record=sending.record
    )
    if not sending.is_recorded:  # by an earlier run, or an operator's word
        async with opened.engine.begin() as connection:
            await sending.record(connection, effect)
    if not sending.is_last:
        await run.enqueue(SEND, Said(message.id, asked.chat, asked.part + 1))
    run.progress(100, 100, "sent")
    return {"status": "sent", "part": asked.part, "of": len(parts)}


@dataclass(slots=True)
class _Sending:
    """One part on its way, and what follows of its end, written down by the same transaction."""

    run: Run
    client: httpx.AsyncClient
    opened: Records
    asked: Said
    message: Message
    parts: list[str]
    arrived_in: str = ""
    signal: Signal | None = None
    is_recorded: bool = False

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it."""
        return self.asked.part + 1 == len(self.parts)

    async def send(self) -> str:
        """The id of the message there. Raises signals."""
        told, text = self.message, self.parts[self.asked.part]
        note = Note(chat=self.asked.chat, text=text, parse_mode=told.parse_mode, silent=told.silent)
        try:
            sent = await send(self.client, self.opened.settings, note, self.run.correlation_id)
        except Signal as signal:
            self.signal = signal
            raise
        self.arrived_in = sent.chat
        return sent.message_id

    async def record(self, connection: AsyncConnection, effect: Effect) -> None:
        """What the message and its chat have come to."""
        self.is_recorded = True
        if effect.state is State.SENT:
            await self._arrived(connection)
        elif self.signal and self._is_final(self.signal):
            await has_failed(connection, self.message.id, str(self.signal))
        if isinstance(self.signal, ChatGone):
            await is_gone(connection, self.asked.chat, str(self.signal))

    async def _arrived(self, connection: AsyncConnection) -> None:
        if self.arrived_in and self.arrived_in != self.asked.chat:
            await has_moved(connection, self.asked.chat, self.arrived_in)
        if self.is_last:
            await has_arrived(connection, self.message.id)

    def _is_final(self, signal: Signal) -> bool:
        tried = isinstance(signal, Unavailable | UnknownOutcome) and gives_up(RETRY, self.run.attempt, signal)
        return tried or isinstance(signal, Discard)
