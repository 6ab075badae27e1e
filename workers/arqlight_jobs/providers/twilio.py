"""Twilio's Messages: what it takes, what each of its errors means, and how a message in doubt is found again.

It knows no idempotency key. The account's SID stands in every URL: none gets into a reason, a log or an error.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged, raise_for

VERSION = "2010-04-01"

LONGEST_BODY = 1600
"""Signs of a message."""

PAGE = 100
"""Messages of one look-up: to one number, on one day."""

SERVICE = "MG"
"""What the id of a messaging service begins with; it takes the place of a number to send from."""


class Meaning(StrEnum):
    """What an error code says."""

    BAD_RECIPIENT = "nothing can be sent to this number"
    UNSUBSCRIBED = "the recipient has opted out"
    BAD_MESSAGE = "the message is not to be sent as it is"
    CONFIG = "the account or its number may not send this"
    BUSY = "never processed, and always safe to send again"


CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        20003: Meaning.CONFIG,  # authentication
        20429: Meaning.BUSY,
        21211: Meaning.BAD_RECIPIENT,  # no valid number
        21408: Meaning.CONFIG,  # the region is not enabled
        21601: Meaning.CONFIG,  # the sender's number is not ours
        21602: Meaning.BAD_MESSAGE,  # no body
        21606: Meaning.CONFIG,  # the sender's number cannot send
        21608: Meaning.CONFIG,  # a trial account sends to verified numbers alone
        21610: Meaning.UNSUBSCRIBED,
        21612: Meaning.BAD_RECIPIENT,  # no route
        21614: Meaning.BAD_RECIPIENT,  # takes no SMS
        21617: Meaning.BAD_MESSAGE,  # too long
        21635: Meaning.BAD_RECIPIENT,  # a landline
    }
)

VERDICTS: Mapping[Meaning, Verdict] = MappingProxyType(
    {
        Meaning.BAD_RECIPIENT: Verdict.PERMANENT,
        Meaning.UNSUBSCRIBED: Verdict.PERMANENT,
        Meaning.BAD_MESSAGE: Verdict.PERMANENT,
        Meaning.CONFIG: Verdict.CONFIG,
        Meaning.BUSY: Verdict.RATE_LIMITED,
    }
)


class Unsubscribed(Discard):
    """The recipient wants nothing more from this number."""


class Sms(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `sender` is a number (E.164) or the id of a messaging service."""

    to: str
    sender: str
    body: str


class _Message(msgspec.Struct):
    """Of what Twilio tells of a message, what is needed here."""

    sid: str
    body: str = ""
    date_created: str = ""


class _Page(msgspec.Struct):
    messages: list[_Message]


def _code(response: httpx.Response) -> int | None:
    try:
        told: Any = msgspec.json.decode(response.content, type=dict[str, Any]).get("code")
    except msgspec.MsgspecError:
        return None
    return told if type(told) is int else None


TWILIO = Provider(
    dependency="twilio", codes={code: VERDICTS[meaning] for code, meaning in CODES.items()}, code_of=_code
)


async def send(client: httpx.AsyncClient, settings: Settings, sms: Sms, correlation_id: str) -> str:
    """Hand the message over; answers its sid. Raises Unsubscribed, and what `raise_for` and `judged` give."""
    if not 0 < len(sms.body.strip()) <= LONGEST_BODY:
        raise Discard(f"the message has not 1 to {LONGEST_BODY} signs")
    origin = "MessagingServiceSid" if sms.sender.startswith(SERVICE) else "From"
    form = {"To": sms.to, origin: sms.sender, "Body": sms.body}
    url, login = _messages(settings), _login(settings)
    request = client.build_request("POST", url, data=form, headers=correlated(correlation_id))
    response = await _answered(client, request, login)
    if CODES.get(_code(response) or 0) is Meaning.UNSUBSCRIBED and response.is_error:
        raise Unsubscribed(f"{TWILIO.dependency}: {Meaning.UNSUBSCRIBED}")
    return _sid(raise_for(response, TWILIO))


async def look_up(client: httpx.AsyncClient, settings: Settings, sms: Sms, since: datetime) -> list[str]:
    """The sids of messages to this number with this very text, made since then, oldest first."""
    query = {"To": sms.to, "DateSent>": f"{since:%Y-%m-%d}", "PageSize": str(PAGE)}
    request = client.build_request("GET", _messages(settings), params=query)
    response = raise_for(await _answered(client, request, _login(settings)), TWILIO)
    wanted, page = digest_of(sms.body), _page(response)
    found = [one for one in page if digest_of(one.body) == wanted and _is_since(one.date_created, since)]
    return [one.sid for one in reversed(found)]


def digest_of(body: str) -> str:
    """What two messages with the same text have in common."""
    return hashlib.sha256(body.strip().encode(errors="surrogatepass")).hexdigest()


async def _answered(client: httpx.AsyncClient, request: httpx.Request, login: httpx.Auth) -> httpx.Response:
    try:
        return await client.send(request, auth=login)
    except httpx.RequestError as fault:
        problem: Signal = judged(fault, request, TWILIO)
    raise problem  # outside of the handler: the fault holds the URL, and that the account


def _messages(settings: Settings) -> str:
    account = settings.twilio_account_sid
    if not account or not account.isalnum():
        raise Misconfigured("TWILIO_ACCOUNT_SID is not set, or is no account's", dependency=TWILIO.dependency)
    return f"{settings.twilio_base_url.rstrip('/')}/{VERSION}/Accounts/{account}/Messages.json"


def _login(settings: Settings) -> httpx.Auth:
    return httpx.BasicAuth(settings.twilio_account_sid, settings.twilio_auth_token)


def _sid(response: httpx.Response) -> str:
    try:
        return msgspec.json.decode(response.content, type=_Message).sid
    except msgspec.MsgspecError:
        raise UnknownOutcome(_unreadable(response), dependency=TWILIO.dependency) from None


def _page(response: httpx.Response) -> list[_Message]:
    try:
        return msgspec.json.decode(response.content, type=_Page).messages
    except msgspec.MsgspecError:
        raise Unavailable(_unreadable(response), dependency=TWILIO.dependency) from None


def _unreadable(response: httpx.Response) -> str:
    return f"{TWILIO.dependency} answered {response.status_code} with what cannot be read"


def _is_since(date: str, since: datetime) -> bool:
    """Twilio dates in whole seconds, as RFC 2822 has them."""
    try:
        return parsedate_to_datetime(date) >= since.replace(microsecond=0)
    except (ValueError, TypeError):
        return False
