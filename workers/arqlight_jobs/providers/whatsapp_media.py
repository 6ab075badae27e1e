"""Media that people sent over WhatsApp: their id gives a URL that is good for minutes, and that gives the bytes.

Both calls carry the token. 404 of an id is for good: WhatsApp keeps media for 30 days. 404 of a URL means that it is
too old: the next attempt asks for another.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, Unavailable
from arqlight_core.secrecy import new_private
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, judged_call, raise_for
from arqlight_jobs.providers.openai import LARGEST_AUDIO
from arqlight_jobs.providers.whatsapp import WHATSAPP

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "audio/flac": "flac",
        "audio/m4a": "m4a",
        "audio/mp3": "mp3",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "ogg",
        "audio/opus": "ogg",
        "audio/wav": "wav",
        "audio/wave": "wav",
        "audio/webm": "webm",
        "audio/x-wav": "wav",
        "video/mp4": "mp4",
        "video/webm": "webm",
    }
)
"""Media types as they come, without what stands behind `;`, and the ending that a transcription takes them under."""

_LINKED = Provider("whatsapp", statuses={404: Verdict.RETRYABLE, 410: Verdict.RETRYABLE})
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")


class _Media(msgspec.Struct):
    url: str
    mime_type: str
    file_size: int = 0


async def fetch(client: httpx.AsyncClient, settings: Settings, media: str, target: Path, correlation_id: str) -> str:
    """Write the media to `target`, which is not there yet, and answer what a transcription calls its format.

    Raises Discard for what no transcription takes: another type, empty, larger than 25 MB; else what calls raise.
    """
    headers = correlated(correlation_id, _credentials(settings))
    found = await _found(client, settings, media, headers)
    kind = KINDS.get(found.mime_type.partition(";")[0].strip().lower())
    if kind is None:
        raise Discard("the recording is of a type that is not put into words")
    if found.file_size > LARGEST_AUDIO:
        raise _too_large()
    await _download(client, _checked(found.url, settings), headers, target)
    return kind


async def _found(client: httpx.AsyncClient, settings: Settings, media: str, headers: Mapping[str, str]) -> _Media:
    if not _ID.fullmatch(media):
        raise Discard("that is no id of WhatsApp's")
    url = f"{settings.whatsapp_base_url.rstrip('/')}/{settings.whatsapp_api_version}/{media}"
    response = await judged_call(client, client.build_request("GET", url, headers=headers), WHATSAPP)
    try:
        return msgspec.json.decode(response.content, type=_Media)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unavailable("whatsapp told of a medium in no known way", dependency="whatsapp") from None


def _checked(url: str, settings: Settings) -> str:
    """The URL, if the token may go there: over the same scheme as to WhatsApp itself."""
    if url.partition(":")[0] != settings.whatsapp_base_url.partition(":")[0]:
        raise Unavailable("whatsapp named a URL that the token is not sent to", dependency="whatsapp")
    return url


async def _download(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], target: Path) -> None:
    request = client.build_request("GET", url, headers=headers)
    size = 0
    try:
        response = await client.send(request, stream=True)
        try:
            if not response.is_success:
                await response.aread()
            raise_for(response, _LINKED)
            with new_private(target) as file:
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    if size > LARGEST_AUDIO:
                        raise _too_large()
                    file.write(chunk)
        finally:
            await response.aclose()
    except httpx.RequestError as fault:
        raise judged(fault, request, _LINKED) from None  # the fault holds the URL, which lets anybody in for minutes
    if not size:
        raise Discard("the recording is empty")


def _too_large() -> Discard:
    return Discard(f"the recording is larger than {LARGEST_AUDIO // 1024**2} MB")


def _credentials(settings: Settings) -> dict[str, str]:
    token = settings.whatsapp_token
    if not token or not token.isascii() or not token.isprintable():
        raise Misconfigured("WHATSAPP_TOKEN is not set, or is no token", dependency="whatsapp")
    return {"Authorization": f"Bearer {token}"}
