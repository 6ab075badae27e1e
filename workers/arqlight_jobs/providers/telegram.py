"""Telegram's bots: a message to the chat of the settings. The token stands in the path: no URL of it is ever told."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import msgspec

from arqlight_core.settings import Settings
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, raise_for

LONGEST = 4096
"""Signs of a message, counted as UTF-16 does."""


class Sent(NamedTuple):
    """What became of a message."""

    message_id: str
    moved: bool
    """Whether the group has become a supergroup of another id; the message was sent there."""


def is_set(settings: Settings) -> bool:
    """Whether there is a bot, and a chat."""
    return bool(settings.telegram_bot_token and settings.telegram_chat_id)


async def send(client: httpx.AsyncClient, settings: Settings, text: str) -> Sent:
    """Send one message. A group that has become a supergroup is followed there. Raises signals."""
    response = await _answered(client, settings, settings.telegram_chat_id, text)
    moved = _parameters(response).get("migrate_to_chat_id")
    if isinstance(moved, int):
        response = await _answered(client, settings, str(moved), text)
    result = _object(raise_for(response, TELEGRAM)).get("result")
    message_id = str(result.get("message_id", "")) if isinstance(result, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return Sent(message_id, isinstance(moved, int))


def cut(text: str) -> Iterator[str]:
    """The text at line ends into messages that are short enough."""
    while _length(text) > LONGEST:
        most = LONGEST if text[:LONGEST].isascii() else LONGEST // 2
        end = text.rfind("\n", 1, most + 1)
        end = end if end > 0 else most
        yield text[:end]
        text = text[end:].lstrip("\n")
    yield text


async def _answered(client: httpx.AsyncClient, settings: Settings, chat: str, text: str) -> httpx.Response:
    base = settings.telegram_base_url.rstrip("/")
    content = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
    request = client.build_request("POST", f"{base}/bot{settings.telegram_bot_token}/sendMessage", json=content)
    try:
        return await client.send(request)
    except httpx.RequestError as fault:
        raise judged(fault, request, TELEGRAM) from None  # the fault holds the URL, and that the token


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _parameters(response: httpx.Response) -> dict[str, Any]:
    told = _object(response).get("parameters")
    return told if isinstance(told, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _retry_after(response: httpx.Response) -> float | None:
    told = _parameters(response).get("retry_after")
    return float(told) if isinstance(told, int) else None


TELEGRAM = Provider(
    dependency="telegram",
    statuses={403: Verdict.PERMANENT, 404: Verdict.CONFIG},
    hint_of=_retry_after,
)
"""403: the bot was thrown out of the chat. 404: there is no bot of that token."""
