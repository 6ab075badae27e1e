"""Notices by a Telegram bot. The token stands in the path: no URL of it gets into a log or a reason."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, heading
from arqlight_jobs.healer.notices import Notice
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, raise_for

LONGEST = 4096
"""Signs of a message, counted as UTF-16 does."""


def is_set(settings: Settings) -> bool:
    """Whether there is a bot, and a chat."""
    return bool(settings.telegram_bot_token and settings.telegram_chat_id)


def parts(notice: Notice) -> tuple[str, ...]:
    """The notice cut at line ends, each part short enough."""
    return tuple(_cut(f"{heading(notice)}\n{notice.text}".strip()))


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Send it; answers the message's id. A group that has become a supergroup is followed there."""
    client = await run.open(provider_client)
    response = await _answered(client, settings, settings.telegram_chat_id, letter.text)
    moved = _parameters(response).get("migrate_to_chat_id")
    if isinstance(moved, int):
        run.log("the group has become a supergroup: set TELEGRAM_CHAT_ID to its new id")
        response = await _answered(client, settings, str(moved), letter.text)
    answer = _object(raise_for(response, TELEGRAM))
    result = answer.get("result")
    return str(result.get("message_id", "")) if isinstance(result, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


async def _answered(client: httpx.AsyncClient, settings: Settings, chat: str, text: str) -> httpx.Response:
    base = settings.telegram_base_url.rstrip("/")
    content = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
    request = client.build_request("POST", f"{base}/bot{settings.telegram_bot_token}/sendMessage", json=content)
    try:
        return await client.send(request)
    except httpx.RequestError as fault:
        raise judged(fault, request, TELEGRAM) from None  # the fault holds the URL, and that the token


def _cut(text: str) -> Iterator[str]:
    while _length(text) > LONGEST:
        most = LONGEST if text[:LONGEST].isascii() else LONGEST // 2
        end = text.rfind("\n", 1, most + 1)
        end = end if end > 0 else most
        yield text[:end]
        text = text[end:].lstrip("\n")
    yield text


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

CHANNEL = Channel(is_set, parts, send)
