"""The WhatsApp Cloud API: how a message is posted, what is answered, and what each of its error codes means.

It knows no idempotency key. Meta says to branch on the code of an error, not on its title or the HTTP status.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict

LONGEST_TEXT = 4096
"""Characters of a text's body."""

LONGEST_CALLBACK = 512
"""Characters of what status webhooks bring back."""

LARGEST_CODE = 9_999_999
"""No code is larger by far: what is, could be anything."""

MEDIA = ("image", "audio", "video", "document", "sticker")
CAPTIONED = ("image", "video", "document")


class Meaning(StrEnum):
    """What an error code says, in words that fit into a reason."""

    AUTH = "the access token is not good, or not good for this"
    ACCOUNT = "the account is blocked, restricted or not set up"
    ACCOUNT_RATE = "too many messages or calls"
    PAIR_RATE = "too many messages to one number"
    SENDER_SPAM = "the sender is held back as spam"
    MARKETING_CAP = "the user gets no more marketing for now"
    RETRYABLE = "the service is not well"
    BAD_REQUEST = "the request is wrong"
    BAD_CONTENT = "the template or the media is wrong"
    UNREACHABLE = "the number cannot be reached"
    WINDOW_CLOSED = "the window of 24 h is closed"
    OPTED_OUT = "the user has opted out of marketing"


VERDICTS: Mapping[Meaning, Verdict] = MappingProxyType(
    {
        Meaning.AUTH: Verdict.CONFIG,
        Meaning.ACCOUNT: Verdict.CONFIG,
        Meaning.ACCOUNT_RATE: Verdict.RATE_LIMITED,
        Meaning.PAIR_RATE: Verdict.RATE_LIMITED,
        Meaning.SENDER_SPAM: Verdict.RATE_LIMITED,
        Meaning.MARKETING_CAP: Verdict.PERMANENT,
        Meaning.RETRYABLE: Verdict.RETRYABLE,
        Meaning.BAD_REQUEST: Verdict.PERMANENT,
        Meaning.BAD_CONTENT: Verdict.PERMANENT,
        Meaning.UNREACHABLE: Verdict.PERMANENT,
        Meaning.WINDOW_CLOSED: Verdict.PERMANENT,
        Meaning.OPTED_OUT: Verdict.PERMANENT,
    }
)
"""What each means for the job."""

MEANINGS: Mapping[int, Meaning] = MappingProxyType(
    {
        **dict.fromkeys((0, 3, 10, 190, *range(200, 300)), Meaning.AUTH),
        **dict.fromkeys((368, 130497, 131031, 131042, 131045), Meaning.ACCOUNT),
        **dict.fromkeys((4, 80007, 130429), Meaning.ACCOUNT_RATE),
        131056: Meaning.PAIR_RATE,
        131048: Meaning.SENDER_SPAM,
        131049: Meaning.MARKETING_CAP,
        **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), Meaning.RETRYABLE),
        **dict.fromkeys((33, 100, 131008, 131009), Meaning.BAD_REQUEST),
        **dict.fromkeys((131051, 131052, 131053), Meaning.BAD_CONTENT),
        **dict.fromkeys((132000, 132001, 132005, 132007, 132012, 132015, 132016), Meaning.BAD_CONTENT),
        **dict.fromkeys((131021, 131026, 131030), Meaning.UNREACHABLE),
        131047: Meaning.WINDOW_CLOSED,
        131050: Meaning.OPTED_OUT,
    }
)
"""By the code. One that is not in here counts by its HTTP status."""


def code_of(response: httpx.Response) -> int | None:
    """The code in an error's body, None where the body has none."""
    try:
        told = msgspec.json.decode(response.content, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told.error.code


class _Error(msgspec.Struct):
    code: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_CODE)]


class _Refusal(msgspec.Struct):
    error: _Error


WHATSAPP = Provider(
    dependency="whatsapp",
    codes={code: VERDICTS[meaning] for code, meaning in MEANINGS.items()},
    code_of=code_of,
)


def meaning_of(response: httpx.Response) -> Meaning | None:
    """What the error says; None for a good answer and for a code that nobody has told us of."""
    code = code_of(response)
    return None if response.is_success or code is None else MEANINGS.get(code)


# ------------------------------------------------------------------ the request


def request_of(
    client: httpx.AsyncClient, settings: Settings, sender: str, message: Mapping[str, Any], correlation_id: str
) -> httpx.Request:
    """The call that sends a message of `message_of` from a number, by its id. Raises Misconfigured without a token."""
    base, version = settings.whatsapp_base_url.rstrip("/"), settings.whatsapp_api_version
    if not _ID.fullmatch(sender):
        raise Discard("the sender's id is none of WhatsApp's")
    headers = {"Authorization": f"Bearer {_token(settings)}", "Content-Type": "application/json"}
    url = f"{base}/{version}/{sender}/messages"
    content = msgspec.json.encode(message)
    return client.build_request("POST", url, content=content, headers=correlated(correlation_id, headers))


def message_of(to: str, kind: str, body: Mapping[str, Any], callback: str = "") -> dict[str, Any]:
    """A message as the API takes it. `kind` is text, template, media or interactive; `body` as a content of it has it.

    `callback` comes back in every webhook about it. Raises Discard for what the API would refuse in any case.
    """
    part = _PARTS.get(kind)
    if part is None:
        raise Discard(f"a content of the kind {kind} cannot be sent over WhatsApp")
    if not is_number(to):
        raise Discard("the number is none in E.164")
    told = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, **part(body)}
    return {**told, "biz_opaque_callback_data": callback[:LONGEST_CALLBACK]} if callback else told


def is_number(text: str) -> bool:
    """Whether this is a telephone number in E.164."""
    return _NUMBER.fullmatch(text) is not None


_NUMBER = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


def _text(body: Mapping[str, Any]) -> dict[str, Any]:
    text = _words(body, "body", LONGEST_TEXT)
    return {"type": "text", "text": {"body": text, "preview_url": body.get("preview_url") is True}}


def _template(body: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": _words(body, "name"), "language": {"code": _words(body, "language")}}
    components: Any = body.get("components") or []
    if not isinstance(components, list):
        raise Discard("the components of the template are no list")
    return {"type": "template", "template": {**told, **({"components": components} if components else {})}}


def _media(body: Mapping[str, Any]) -> dict[str, Any]:
    kind = body.get("type")
    if kind not in MEDIA:
        raise Discard(f"the type of a medium is one of {', '.join(MEDIA)}")
    way = "id" if body.get("id") else "link"
    told = {way: _words(body, way)}
    if kind in CAPTIONED and body.get("caption"):
        told["caption"] = _words(body, "caption", 1024)
    return {"type": kind, str(kind): told}


def _interactive(body: Mapping[str, Any]) -> dict[str, Any]:
    if not body:
        raise Discard("the interactive message is empty")
    return {"type": "interactive", "interactive": dict(body)}


_PARTS = {"text": _text, "template": _template, "media": _media, "interactive": _interactive}


def _words(body: Mapping[str, Any], name: str, longest: int = 2048) -> str:
    """A field of a body; what is wrong with it is told by its name alone."""
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise Discard(f"the content has no {name}")
    if len(text) > longest:
        raise Discard(f"the {name} of the content is longer than {longest} characters")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Discard(f"the {name} of the content holds half of a surrogate pair, which is no text")
    return text


def _token(settings: Settings) -> str:
    token = settings.whatsapp_token
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Misconfigured("WHATSAPP_TOKEN is not set, or is no token", dependency=WHATSAPP.dependency)
    return token


# ------------------------------------------------------------------ the answer


def wamid_of(response: httpx.Response) -> str:
    """The id of an accepted message. Raises UnknownOutcome when a good answer does not tell one."""
    try:
        told = msgspec.json.decode(response.content)
        wamid = told["messages"][0]["id"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        wamid = None
    if not isinstance(wamid, str) or not wamid:
        raise UnknownOutcome("whatsapp accepted it without an id", dependency=WHATSAPP.dependency)
    return wamid
