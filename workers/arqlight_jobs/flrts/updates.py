"""Takes in what people write to the bot, posted by Telegram or polled for: kept once by its number, then queued once.

Whoever dies before the job is queued is told the same again: Telegram posts it until it is answered, and a sweep looks
for what was left behind. A chat that is nobody's leads to no work: to one answer in an hour, and to tries of a code.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_core.settings import Settings
from arqlight_jobs.flrts.commands.parsing import START, parsed
from arqlight_jobs.flrts.linking import linked_to
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.tables.speech import updates
from arqlight_jobs.flrts.updates_uses import GREETING, OPERATION, may
from arqlight_jobs.outbound.rows import put_if_new

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
"""The header with what was given to setWebhook."""

LARGEST = 1024**2
"""Bytes of a post: a text has 4096 signs at the most, and little comes with it."""

NUMBERED_FOR = 6 * DAY
"""How long the next number follows the last: after a week without updates Telegram begins anywhere."""


class PostRefused(UsageError):
    """A post that is not taken in: nothing of it is kept and nothing is queued."""


class State(StrEnum):
    """How far an update is."""

    RECEIVED = "received"
    HEEDED = "heeded"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Taken:
    """What an update has come to. `is_due` says that no job has heeded it yet, and is to be queued if it is not."""

    update_id: int | None = None
    is_due: bool = False
    reason: str = ""
    """Why it is ignored."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody wrote, and in which chat."""

    chat: str
    text: str
    state: State
    at: datetime


class _Chat(msgspec.Struct):
    id: Annotated[int, Meta(ge=-(2**62), le=2**62)]


class _From(msgspec.Struct):
    is_bot: bool = False


class _Message(msgspec.Struct):
    chat: _Chat
    text: str = ""
    sender: _From = msgspec.field(name="from", default_factory=_From)


class _Update(msgspec.Struct):
    update_id: Annotated[int, Meta(ge=0, lt=2**62)]


class _Written(msgspec.Struct):
    message: _Message | None = None


def told_by(settings: Settings, raw: bytes, headers: Mapping[str, str]) -> object:
    """What a webhook's post tells; None when it is no JSON. Raises PostRefused unless Telegram posted it."""
    if len(raw) > LARGEST:
        raise PostRefused(f"The post is refused: it is larger than {LARGEST} bytes.")
    if not settings.telegram_webhook_secret:
        raise PostRefused("No post of Telegram's can be told from others: set TELEGRAM_WEBHOOK_SECRET.")
    given = next((value for name, value in headers.items() if name.lower() == SECRET.lower()), "")
    if not hmac.compare_digest(_bytes(given), _bytes(settings.telegram_webhook_secret)):
        raise PostRefused("The post is refused: it does not carry the secret that Telegram's posts carry.")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def effect_of(number: int) -> str:
    """What all that an update leads to is called after."""
    return f"cmd-{number}"


async def take(records: Records, told: object) -> Taken:
    """Keep one update; its job is then to be queued. What is none, or nothing to be heeded, is ignored, with a reason.

    The same number again is the same update.
    """
    try:
        number = msgspec.convert(told, _Update).update_id
    except msgspec.ValidationError:
        return Taken(reason="it is no update of Telegram's")
    async with records.engine.begin() as connection:
        seen = await _state(connection, number)
        if seen is not None:
            return Taken(number, seen == State.RECEIVED, "it is known")
        message, reason = _written(told)
        if message is not None:
            reason = await _unheard(connection, message, number)
        body = {} if reason or message is None else {"chat": str(message.chat.id), "text": message.text}
        row = {"update_id": number, "body": body, "state": State.IGNORED if reason else State.RECEIVED}
        await put_if_new(connection, updates, {**row, "received_at": now()})
    return Taken(number, not reason, reason)


async def heard(connection: AsyncConnection, number: int) -> Heard | None:
    """The update of that number, if there is one."""
    row = (await connection.execute(select(updates).where(updates.c.update_id == number))).one_or_none()
    if row is None:
        return None
    return Heard(row.body.get("chat", ""), row.body.get("text", ""), State(row.state), row.received_at)


async def heeded(connection: AsyncConnection, number: int) -> None:
    """Everything that the update leads to is queued: told again, it leads to nothing."""
    await connection.execute(update(updates).where(updates.c.update_id == number).values(state=State.HEEDED))


async def next_number(engine: AsyncEngine) -> int | None:
    """From where on to poll; None when nobody knows any more, and Telegram is to tell what it has."""
    recent = updates.c.received_at > now() - NUMBERED_FOR
    async with engine.connect() as connection:
        last = (await connection.execute(select(func.max(updates.c.update_id)).where(recent))).scalar_one_or_none()
    return None if last is None else last + 1


async def left_behind(engine: AsyncEngine, after: timedelta, limit: int) -> list[int]:
    """Numbers of the last day that no job has heeded for so long: whoever took them in may not have queued it."""
    old, recent = updates.c.received_at < now() - after, updates.c.received_at > now() - DAY
    chosen = select(updates.c.update_id).where(updates.c.state == State.RECEIVED, old, recent)
    async with engine.connect() as connection:
        return list((await connection.execute(chosen.order_by(updates.c.update_id).limit(limit))).scalars())


async def _state(connection: AsyncConnection, number: int) -> str | None:
    chosen = select(updates.c.state).where(updates.c.update_id == number)
    return (await connection.execute(chosen)).scalar_one_or_none()


def _written(told: object) -> tuple[_Message | None, str]:
    """The message in an update; else why there is none."""
    try:
        message = msgspec.convert(told, _Written).message
    except msgspec.ValidationError:
        return None, "its message is not as Telegram writes them"
    if message is None or not message.text.strip():
        return None, "it is no text"
    if message.sender.is_bot:
        return None, "a bot wrote it"
    is_group = message.chat.id < 0
    return (None, "it is no command") if is_group and not message.text.startswith("/") else (message, "")


async def _unheard(connection: AsyncConnection, message: _Message, number: int) -> str:
    """Why a message leads to nothing; '' when it is to be heeded."""
    chat, call = str(message.chat.id), parsed(message.text)
    if await linked_to(connection, chat) is not None:
        return ""
    tries = call.name == START and bool(call.rest)
    allowance, operation = (OPERATION, "link") if tries else (GREETING, "greeting")
    is_heard = await may(connection, allowance, f"chat:{chat}", operation, effect_of(number))
    return "" if is_heard else "the chat is nobody's"


def _bytes(text: Any) -> bytes:
    return str(text).encode(errors="replace")
