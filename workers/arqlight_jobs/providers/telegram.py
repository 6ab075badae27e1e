"""Telegram's bots: messages to any chat, what each refusal means, and what people have written to the bot.

It knows no idempotency key. The token stands in the path: no URL of it gets into a reason, a log or an error.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from arqlight_core.codec import encodable
from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import TIMEOUTS, correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, raise_for
from arqlight_jobs.providers.telegram_refusals import GONE, PHRASES, VERDICTS, Meaning

LONGEST = 4096
"""Signs of a message, counted as UTF-16 does."""

MOST_UPDATES = 100
"""Updates of one answer."""

T = TypeVar("T")

_PATIENCE_S = 15.0
"""Seconds for an answer that is not to be waited for."""

_MENDINGS = 3
"""How often one message is sent another way: to where its group has gone, and as plain text."""


class ChatGone(Discard):
    """Nothing can be sent to the chat any more, until somebody writes to the bot there."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One message of at most LONGEST signs. `parse_mode` is '', MarkdownV2 or HTML."""

    chat: str
    text: str
    parse_mode: str = ""
    silent: bool = False


class Sent(msgspec.Struct, frozen=True):
    """What became of a message."""

    message_id: str
    chat: str
    """Where it is: another chat than was named, if the group has become a supergroup."""


def is_set(settings: Settings) -> bool:
    """Whether there is a bot, and a chat for notices."""
    return bool(settings.telegram_bot_token and settings.telegram_chat_id)


async def send(client: httpx.AsyncClient, settings: Settings, note: Note, correlation_id: str = "") -> Sent:
    """Send a message; one whose marks are refused goes as plain text, and a group that has moved is followed.

    Raises ChatGone, and what `raise_for` and `judged` give.
    """
    response = await _called(client, settings, "sendMessage", _content(note), correlation_id)
    for _ in range(_MENDINGS):
        mended = _mended(note, response)
        if mended is None:
            break
        note, response = mended, await _called(client, settings, "sendMessage", _content(mended), correlation_id)
    if meaning_of(response) in GONE:
        raise ChatGone(f"{TELEGRAM.dependency}: {meaning_of(response)}")
    told = _read(raise_for(response, TELEGRAM), _Taken)
    return Sent(str(told.result.message_id) if told else "", note.chat)


def cut(text: str) -> Iterator[str]:
    """The text at line ends into messages that are short enough."""
    while _length(text) > LONGEST:
        most = LONGEST if text[:LONGEST].isascii() else LONGEST // 2
        end = text.rfind("\n", 1, most + 1)
        end = end if end > 0 else most
        yield text[:end]
        text = text[end:].lstrip("\n")
    yield text


async def updates(client: httpx.AsyncClient, settings: Settings, offset: int | None, wait_s: int) -> list[Any]:
    """What was written to the bot from this number on, at once or as soon as something is, at most after `wait_s`.

    What has lower numbers is forgotten there. Raises signals.
    """
    asked = {"timeout": wait_s, "limit": MOST_UPDATES, "allowed_updates": ["message"]}
    content = asked if offset is None else {**asked, "offset": offset}
    response = await _called(client, settings, "getUpdates", content, wait_s=wait_s)
    told = _read(raise_for(response, TELEGRAM), _Updates)
    if told is None:
        raise _unreadable()
    return told.result


async def name_of_bot(client: httpx.AsyncClient, settings: Settings) -> str:
    """What people call the bot behind an @. Raises signals."""
    told = _read(raise_for(await _called(client, settings, "getMe", {}), TELEGRAM), _Me)
    if told is None:
        raise _unreadable()
    return told.result.username


def meaning_of(response: httpx.Response) -> Meaning | None:
    """What a refusal says; None for a good answer and for words that nobody has told us of."""
    if response.is_success:
        return None
    refusal = _read(response, _Refusal)
    told = refusal.description.lower() if refusal else ""
    return next((meaning for phrase, meaning in PHRASES.items() if phrase in told), None)


# ------------------------------------------------------------------ the call


async def _called(
    client: httpx.AsyncClient,
    settings: Settings,
    method: str,
    content: Mapping[str, Any],
    correlation_id: str = "",
    *,
    wait_s: float = 0.0,
) -> httpx.Response:
    url = f"{settings.telegram_base_url.rstrip('/')}/bot{_token(settings)}/{method}"
    patience = httpx.Timeout(_PATIENCE_S, read=_PATIENCE_S + wait_s, connect=TIMEOUTS.connect)
    headers = correlated(correlation_id)
    request = client.build_request("POST", url, json=content, headers=headers, timeout=patience)
    try:
        return await client.send(request)
    except httpx.RequestError as fault:
        problem: Signal = judged(fault, request, TELEGRAM)
    raise problem  # outside of the handler: the fault holds the URL, and that the token


def _content(note: Note) -> dict[str, Any]:
    plain = {"chat_id": note.chat, "text": encodable(note.text), "link_preview_options": {"is_disabled": True}}
    marks = {"parse_mode": note.parse_mode} if note.parse_mode else {}
    return {**plain, **marks, **({"disable_notification": True} if note.silent else {})}


def _mended(note: Note, response: httpx.Response) -> Note | None:
    """The message as it is to be sent after this answer; None when there is no other way."""
    refusal = _read(response, _Refusal)
    moved = refusal.parameters.migrate_to_chat_id if refusal and response.is_error else None
    if moved is not None:
        return msgspec.structs.replace(note, chat=str(moved))
    if note.parse_mode and meaning_of(response) is Meaning.UNREADABLE:
        return msgspec.structs.replace(note, parse_mode="")
    return None


def _token(settings: Settings) -> str:
    token = settings.telegram_bot_token
    if not _TOKEN.fullmatch(token):
        raise Misconfigured("TELEGRAM_BOT_TOKEN is not set, or is no bot's", dependency=TELEGRAM.dependency)
    return token


_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


# ------------------------------------------------------------------ the answer


class _Message(msgspec.Struct):
    message_id: int


class _Taken(msgspec.Struct):
    result: _Message


class _Updates(msgspec.Struct):
    result: list[Any]


class _Bot(msgspec.Struct):
    username: str


class _Me(msgspec.Struct):
    result: _Bot


class _Parameters(msgspec.Struct):
    retry_after: int | float | None = None
    migrate_to_chat_id: int | None = None


class _Refusal(msgspec.Struct):
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


def _read(response: httpx.Response, kind: type[T]) -> T | None:
    """What an answer says; None when it is no such answer."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _unreadable() -> Unavailable:
    return Unavailable(f"{TELEGRAM.dependency} answered with what cannot be read", dependency=TELEGRAM.dependency)


def _retry_after(response: httpx.Response) -> float | None:
    refusal = _read(response, _Refusal)
    return refusal.parameters.retry_after if refusal else None


TELEGRAM = Provider(
    dependency="telegram",
    statuses={403: Verdict.PERMANENT, 404: Verdict.CONFIG, 409: Verdict.CONFIG},
    codes={str(meaning): verdict for meaning, verdict in VERDICTS.items()},
    code_of=meaning_of,
    hint_of=_retry_after,
)
"""403: the bot may not write there. 404: there is no bot of that token. A 429 holds for all chats of the bot."""
