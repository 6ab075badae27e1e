"""SendGrid's mail/send, version 3: what it takes, what it answers, and what each answer means for the job.

It knows no idempotency key: an answer that is lost after the request was sent leaves open whether the mail went out.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from arqlight_core.clock import now
from arqlight_core.errors import Misconfigured
from arqlight_core.policy import HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged_call
from arqlight_jobs.providers.headers import MailRefused, address_of, encodable, in_one_line, phrase
from arqlight_jobs.providers.mail import Mail, full_message_id, subject_of

__all__ = ["SENDGRID", "Mail", "send"]

PATH = "/v3/mail/send"

MOST_CATEGORIES = 10

FURTHEST = 72 * HOUR
"""How far ahead `send_at` may be."""

LARGEST_ARGUMENTS = 10_000
"""Bytes of a mail's custom arguments together."""

LARGEST_MAIL = 30 * 1024**2
"""Bytes of a mail with all that is attached."""

OWN_HEADERS = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
"""Headers that SendGrid writes itself and refuses in a request."""

STATUSES: Mapping[int, Verdict] = MappingProxyType(
    {
        **dict.fromkeys(range(200, 300), Verdict.UNKNOWN),  # no answer of SendGrid's: who knows who has the mail
        HTTPStatus.OK: Verdict.CONFIG,  # sandbox mode: nothing is sent
        HTTPStatus.ACCEPTED: Verdict.OK,
        HTTPStatus.BAD_REQUEST: Verdict.PERMANENT,
        HTTPStatus.UNAUTHORIZED: Verdict.CONFIG,
        HTTPStatus.FORBIDDEN: Verdict.CONFIG,
        HTTPStatus.NOT_FOUND: Verdict.PERMANENT,
        HTTPStatus.METHOD_NOT_ALLOWED: Verdict.PERMANENT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Verdict.PERMANENT,
        HTTPStatus.TOO_MANY_REQUESTS: Verdict.RATE_LIMITED,
        **dict.fromkeys(range(500, 600), Verdict.RETRYABLE),
    }
)
"""As SendGrid documents its answers. Of a 429, `X-RateLimit-Reset` says until when; there is no `Retry-After`."""

SENDGRID = Provider(dependency="sendgrid", statuses=STATUSES)

_FIELD = re.compile(r"[\w-]{1,76}", re.ASCII)
_OPAQUE = re.compile(r"[\w.:-]{1,200}", re.ASCII)
"""An id: SendGrid keeps categories and custom arguments as no personal data, and shows them to its staff."""


async def send(client: httpx.AsyncClient, settings: Settings, mail: Mail, correlation_id: str) -> str:
    """Hand the mail over; answers the X-Message-Id, by which its events are found, '' without one.

    Raises MailRefused before anything is sent, and what `judged_call` raises.
    """
    content = msgspec.json.encode(body_of(mail))
    if len(content) > LARGEST_MAIL:
        raise MailRefused(f"the mail is larger than {LARGEST_MAIL} bytes")
    headers = {"Authorization": f"Bearer {_key(settings)}", "Content-Type": "application/json"}
    url = settings.sendgrid_base_url.rstrip("/") + PATH
    request = client.build_request("POST", url, content=content, headers=correlated(correlation_id, headers))
    response = await judged_call(client, request, SENDGRID)
    return str(response.headers.get("X-Message-Id", ""))


def body_of(mail: Mail) -> dict[str, Any]:
    """The mail as the interface takes it. Raises MailRefused for what it would refuse or must not be told."""
    to = {"email": address_of(mail.to, "the address"), **_named(mail.to_name, "the name")}
    arguments = {"custom_args": _arguments(mail.custom_args)} if mail.custom_args else {}
    body: dict[str, Any] = {
        "personalizations": [{"to": [to], **arguments, **_sent_at(mail.send_at)}],
        "from": {"email": address_of(mail.sender, "the sender"), **_named(mail.sender_name, "the sender's name")},
        "subject": subject_of(mail),
        "content": _content(mail),
        "tracking_settings": {
            "click_tracking": {"enable": mail.tracked},
            "open_tracking": {"enable": mail.tracked},
        },
    }
    given = {**({"Message-ID": full_message_id(mail)} if mail.message_id else {}), **mail.headers}
    headers = {"headers": _headers(given)} if given else {}
    categories = {"categories": _categories(mail.categories)} if mail.categories else {}
    return {**body, **headers, **categories}


def _content(mail: Mail) -> list[dict[str, str]]:
    """Plain text first, as SendGrid demands."""
    kinds = {"text/plain": mail.text, "text/html": mail.html}
    given = [{"type": kind, "value": encodable(text, "the text")} for kind, text in kinds.items() if text.strip()]
    if not given:
        raise MailRefused("the mail has no text")
    return given


def _named(name: str, what: str) -> dict[str, str]:
    return {"name": phrase(name, what)} if name else {}


def _arguments(given: Mapping[str, str]) -> dict[str, str]:
    told = dict(given)
    if not all(_OPAQUE.fullmatch(word) for pair in told.items() for word in pair):
        raise MailRefused("a custom argument is no opaque id")
    if len(msgspec.json.encode(told)) > LARGEST_ARGUMENTS:
        raise MailRefused(f"the custom arguments are larger than {LARGEST_ARGUMENTS} bytes")
    return told


def _categories(given: tuple[str, ...]) -> list[str]:
    if len(given) > MOST_CATEGORIES or not all(_OPAQUE.fullmatch(word) for word in given):
        raise MailRefused(f"a mail has at most {MOST_CATEGORIES} categories, each an opaque word")
    return list(given)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    if any(name.lower() in OWN_HEADERS or not _FIELD.fullmatch(name) for name in given):
        raise MailRefused("a header is one that only SendGrid may write, or none at all")
    return {name: in_one_line(value, f"the header {name}") for name, value in given.items()}


def _sent_at(at: datetime | None) -> dict[str, int]:
    if at is None:
        return {}
    if at - now() > FURTHEST:
        raise MailRefused(f"send_at is more than {FURTHEST // timedelta(hours=1)} hours ahead")
    return {"send_at": int(at.timestamp())}


def _key(settings: Settings) -> str:
    key = settings.sendgrid_api_key
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise Misconfigured("SENDGRID_API_KEY is not set, or is no key", dependency=SENDGRID.dependency)
    return key
