"""Language models by OpenAI's interface, wherever it is served: chat completions and audio transcriptions.

Codes are those of OpenAI's page on errors and of Azure's; a gateway that only imitates the interface may give none,
and then the status decides.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, cast

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, raise_for, verdict_of

DEPENDENCY = "openai"

CHAT_SECONDS, TRANSCRIPTION_SECONDS = 75.0, 270.0
"""How long an answer may take; below the jobs' own timeouts."""

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "flac": "audio/flac",
        "mp3": "audio/mpeg",
        "mp4": "audio/mp4",
        "mpeg": "audio/mpeg",
        "mpga": "audio/mpeg",
        "m4a": "audio/mp4",
        "ogg": "audio/ogg",
        "wav": "audio/wav",
        "webm": "audio/webm",
    }
)
"""Endings of names that are taken, and the media type of each."""

LARGEST_AUDIO = 25 * 1024 * 1024
"""Bytes of a recording that are taken."""

CODES: Mapping[str | int, Verdict] = MappingProxyType(
    {
        "credit_balance_exhausted": Verdict.CONFIG,
        "organization_spend_limit_exceeded": Verdict.CONFIG,
        "project_spend_limit_exceeded": Verdict.CONFIG,
        "organization_usage_limit_exceeded": Verdict.CONFIG,
        "insufficient_quota": Verdict.CONFIG,
        "billing_hard_limit_reached": Verdict.CONFIG,
        "invalid_api_key": Verdict.CONFIG,
        "account_deactivated": Verdict.CONFIG,
        "model_not_found": Verdict.CONFIG,
        "rate_limit_exceeded": Verdict.RATE_LIMITED,
        "slow_down": Verdict.RATE_LIMITED,
        "context_length_exceeded": Verdict.PERMANENT,
        "content_filter": Verdict.PERMANENT,
        "content_policy_violation": Verdict.PERMANENT,
    }
)
"""`error.code`, or where that says nothing `error.type`. A budget that is used up also comes as 429."""


class ContextTooLong(Discard):
    """The conversation does not fit into the model."""


class ContentRefused(Discard):
    """The provider's filter does not want to answer this."""


_OWN_SIGNALS: Mapping[str | int | None, type[Discard]] = MappingProxyType(
    {
        "context_length_exceeded": ContextTooLong,
        "content_filter": ContentRefused,
        "content_policy_violation": ContentRefused,
    }
)


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Line(msgspec.Struct, frozen=True):
    """One of the messages that a model is sent."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(msgspec.Struct, frozen=True):
    """What an answer has cost: tokens, or seconds of sound."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class Reply(msgspec.Struct, frozen=True):
    """What a model has said. `cut`: it had more to say than it was let."""

    text: str
    cut: bool
    usage: Usage


class Transcript(msgspec.Struct, frozen=True):
    """What was heard."""

    text: str
    usage: Usage


def tokens_of(text: str) -> int:
    """At most so many tokens: two bytes make one, where English has four and Chinese about three to a token.

    It is an estimate without the model's own table, too high on purpose: what is sent along is cut by it, and a
    conversation cut too early is a smaller evil than one that is refused.
    """
    return math.ceil(len(text.encode(errors="replace")) / 2)


async def chat(
    client: httpx.AsyncClient,
    settings: Settings,
    lines: Sequence[Line],
    *,
    user: str,
    most_tokens: int,
    correlation_id: str = "",
) -> Reply:
    """What the model answers. `user` must name nobody. Raises ContextTooLong, ContentRefused and other signals."""
    content: dict[str, Any] = {
        "model": settings.openai_chat_model,
        "messages": msgspec.to_builtins(list(lines)),
        "temperature": 0.3,
        "max_tokens": most_tokens,
        "user": user,
    }
    headers = correlated(correlation_id, _credentials(settings))
    request = client.build_request(
        "POST", _url(settings, "chat/completions"), json=content, headers=headers, timeout=_within(CHAT_SECONDS)
    )
    return _reply(await _answered(client, request))


async def transcribe(
    client: httpx.AsyncClient,
    settings: Settings,
    file: BinaryIO,
    name: str,
    *,
    language: str = "",
    correlation_id: str = "",
    uploaded: Callable[[], None] | None = None,
) -> Transcript:
    """What is said in a recording; the ending of `name` says its format. `uploaded` is told once it is there.

    Raises signals.
    """
    form = {"model": settings.openai_transcription_model, "response_format": "json"}
    headers = correlated(correlation_id, _credentials(settings))
    request = client.build_request(
        "POST",
        _url(settings, "audio/transcriptions"),
        data={**form, **({"language": language} if language else {})},
        files={"file": (name, file, FORMATS.get(ending_of(name), "application/octet-stream"))},
        headers=headers,
        timeout=_within(TRANSCRIPTION_SECONDS),
        extensions={"trace": _telling(uploaded)} if uploaded else None,
    )
    return _transcript(await _answered(client, request))


def _telling(uploaded: Callable[[], None]) -> Callable[[str, Any], Awaitable[None]]:
    """Listens to what httpcore tells of a request."""

    async def told(event: str, _: Any) -> None:
        if event.endswith(".send_request_body.complete"):
            uploaded()

    return told


def ending_of(name: str) -> str:
    """The format that a file's name tells."""
    return Path(name).suffix.lower().removeprefix(".")


def _url(settings: Settings, path: str) -> str:
    return f"{settings.openai_base_url.rstrip('/')}/{path}"


def _within(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(connect=5.0, read=seconds, write=60.0, pool=5.0)


def _credentials(settings: Settings) -> dict[str, str]:
    key = settings.openai_api_key
    if not key or not key.isascii() or not key.isprintable():
        told = "OPENAI_API_KEY is not set, or is no key; where the server asks for none, any word will do"
        raise Misconfigured(told, dependency=DEPENDENCY)
    return {"Authorization": f"Bearer {key}"}


async def _answered(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    try:
        response = await client.send(request)
    except httpx.RequestError as fault:
        raise judged(fault, request, OPENAI) from None  # the fault holds what people wrote
    own = _OWN_SIGNALS.get(_code_of(response))
    if own and verdict_of(response, OPENAI) is not Verdict.OK:
        raise own(f"{DEPENDENCY} answered {response.status_code}, code {_code_of(response)}")
    return raise_for(response, OPENAI)


# ------------------------------------------------------------------ what answers hold


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: Usage | None = None


class _Heard(msgspec.Struct):
    text: str
    usage: Any = None


def _reply(response: httpx.Response) -> Reply:
    told = _read(response, _Completion)
    if not told.choices:
        raise Unavailable(f"{DEPENDENCY} answered without a choice", dependency=DEPENDENCY)
    choice = told.choices[0]
    if choice.finish_reason == "content_filter":
        raise ContentRefused(f"{DEPENDENCY} stopped at its filter")
    text = (choice.message.content or choice.message.refusal or "").strip()
    if not text:
        raise Unavailable(f"{DEPENDENCY} answered without a text", dependency=DEPENDENCY)
    return Reply(text, choice.finish_reason == "length", told.usage or Usage())


def _transcript(response: httpx.Response) -> Transcript:
    told = _read(response, _Heard)
    return Transcript(told.text.strip(), _heard_usage(told.usage))


def _heard_usage(told: Any) -> Usage:
    """By seconds or by tokens, as the model counts; a gateway may tell neither."""
    if not isinstance(told, dict):
        return Usage()
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens", "seconds": "seconds"}
    try:
        return msgspec.convert({name: told[own] for name, own in names.items() if own in told}, Usage)
    except msgspec.ValidationError:
        return Usage()


def _read(response: httpx.Response, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except _UNREADABLE:
        raise Unavailable(f"{DEPENDENCY} answered what is no answer", dependency=DEPENDENCY) from None


def _code_of(response: httpx.Response) -> str | None:
    """`error.code` if it is known, else `error.type` if that is; a stranger's is not repeated."""
    try:
        error = msgspec.json.decode(response.content, type=dict[str, Any]).get("error")
    except _UNREADABLE:
        return None
    told = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    return next((one for name in ("code", "type") if isinstance(one := told.get(name), str) and one in CODES), None)


OPENAI = Provider(dependency=DEPENDENCY, codes=CODES, code_of=_code_of)
"""Its waits are in `Retry-After` or in `x-ratelimit-reset-requests` and `-tokens`."""
