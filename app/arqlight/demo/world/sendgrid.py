"""SendGrid on loopback: mail/send of version 3 with its key, its checks, its limit, and its words for what is wrong.

What took effect is told apart by the custom argument `effect`, else by address and subject.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import msgspec

from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import now

PATH = "/v3/mail/send"
LARGEST = 30 * 1024**2
MOST_RECIPIENTS, MOST_CATEGORIES, FURTHEST = 1000, 10, timedelta(hours=72)

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_DOCS = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#"
_NO_PEOPLE = "The personalizations field is required and must have at least one personalization."
_NO_TO = (
    "The to array is required for all personalization objects, and must have at least one email object with a valid "
    "email address."
)
_NO_FROM = (
    "The from object must be provided for every email send. It is an object that requires the email parameter, but "
    "may also contain a name parameter."
)
_NO_SUBJECT = (
    "The subject is required. You can get around this requirement if you use a template with a subject defined or if "
    "every personalization has a subject defined."
)
_NO_KEY = "The provided authorization grant is invalid, expired, or revoked"
_NO_CONTENT = (
    "Unless a valid template_id is provided, the content parameter is required. "
    "There must be at least one defined content block."
)

Fields = dict[str, Any]
Wrong = tuple[str, str]
"""What is wrong, and in which field."""


@dataclass
class Account:
    """One account: its key, and how many requests it may make in a window that begins with the first."""

    key: str = "SG.stand-in.key"
    limit: int = 600
    window: timedelta = timedelta(seconds=60)
    accepted: list[Fields] = field(default_factory=list[Fields])
    """The bodies that were taken, each with its `message_id`."""
    _used: int = 0
    _resets_at: int = 0

    def answer(self, call: Call) -> Answer:
        """As the interface answers."""
        if call.path != PATH:
            return _refused(404, ("not found", ""))
        if call.method != "POST":
            return _refused(405, ("method not allowed", ""))
        if call.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(401, (_NO_KEY, ""))
        headers = self._charged()
        if self._used > self.limit:
            return _refused(429, ("too many requests", ""), headers=headers)
        return self._taken(call, headers)

    def _charged(self) -> dict[str, str]:
        at = int(now().timestamp())
        if at >= self._resets_at:
            self._used, self._resets_at = 0, at + max(1, int(self.window.total_seconds()))
        self._used += 1
        left = max(0, self.limit - self._used)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(self._resets_at),
        }

    def _taken(self, call: Call, headers: dict[str, str]) -> Answer:
        if len(call.body) > LARGEST:
            return _refused(413, ("payload too large", ""), headers=headers)
        if not call.headers.get("content-type", "").startswith("application/json"):
            return _refused(415, ("Content-Type should be application/json.", ""), headers=headers)
        try:
            body = msgspec.json.decode(call.body, type=Fields)
        except msgspec.MsgspecError:
            return _refused(400, ("Bad Request", ""), headers=headers)
        wrong = list(_wrong(body))
        if wrong:
            return _refused(400, *wrong, headers=headers)
        message_id = uuid4().hex[:22]
        self.accepted.append({**body, "message_id": message_id})
        return Answer(202, b"", {**headers, "X-Message-Id": message_id}, effect_of(body))


def sendgrid(account: Account) -> StandIn:
    """The stand-in of this account, for `standing`."""
    return StandIn(account.answer)


def effect_of(body: Fields) -> str:
    """What must not happen twice."""
    first = body["personalizations"][0]
    named = first.get("custom_args", {}).get("effect")
    return str(named or f"{first['to'][0]['email']} {body.get('subject') or first.get('subject')}")


def _refused(status: int, *wrong: Wrong, headers: dict[str, str] | None = None) -> Answer:
    told = [
        {"message": message, "field": name or None, "help": f"{_DOCS}{name}" if name else None}
        for message, name in wrong
    ]
    return Answer(status, {"errors": told}, headers or {})


# ------------------------------------------------------------------ what is wrong with a body


def _wrong(body: Fields) -> Iterator[Wrong]:
    given = body.get("personalizations")
    people = [_object(one) for one in cast("list[Any]", given)] if isinstance(given, list) else []
    if not people:
        yield _NO_PEOPLE, "personalizations"
        return
    yield from _wrong_people(people)
    yield from _wrong_words(body, people)
    yield from _wrong_content(body.get("content"), has_template=bool(body.get("template_id")))


def _object(given: Any) -> Fields:
    return cast("Fields", given) if isinstance(given, dict) else {}


def _wrong_people(people: list[Fields]) -> Iterator[Wrong]:
    for number, one in enumerate(people):
        place = f"personalizations.{number}"
        if not one.get("to"):
            yield _NO_TO, f"{place}.to"
        for index, to in enumerate(one.get("to") or ()):
            if not _ADDRESS.fullmatch(str(to.get("email", ""))):
                yield "Does not contain a valid address.", f"{place}.to.{index}.email"
        if one.get("send_at", 0) > (now() + FURTHEST).timestamp():
            yield "The send_at parameter must be within 72 hours.", f"{place}.send_at"
    if sum(len(one.get(kind) or ()) for one in people for kind in ("to", "cc", "bcc")) > MOST_RECIPIENTS:
        yield f"The total number of recipients must be no more than {MOST_RECIPIENTS}.", "personalizations"


def _wrong_words(body: Fields, people: list[Fields]) -> Iterator[Wrong]:
    if not _ADDRESS.fullmatch(str(_object(body.get("from")).get("email", ""))):
        yield _NO_FROM, "from.email"
    if not body.get("template_id") and not body.get("subject") and not all(one.get("subject") for one in people):
        yield _NO_SUBJECT, "subject"
    if len(body.get("categories") or ()) > MOST_CATEGORIES:
        yield f"You may only have up to {MOST_CATEGORIES} categories per message.", "categories"


def _wrong_content(given: Any, *, has_template: bool) -> Iterator[Wrong]:
    if not given:
        if not has_template:
            yield _NO_CONTENT, "content"
        return
    for number, one in enumerate(given):
        if not one.get("value"):
            yield "The content value must be a string at least one character in length.", f"content.{number}.value"
    kinds = [one.get("type") for one in given]
    if "text/plain" in kinds[1:]:
        yield "If present, text/plain must be first, followed by text/html.", "content"
