"""Twilio on loopback: takes messages and lists them, checks login, form and numbers, and refuses as Twilio does."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import monotonic, now

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "a-token-for-tests"  # noqa: S105 - of a stand-in
NUMBER = "+15005550006"
SERVICE = "MG0123456789abcdef0123456789abcdef"

LONGEST_BODY = 1600
MOST_ON_A_PAGE = 1000

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@dataclass(frozen=True, slots=True)
class Message:
    """One that was taken in; `at` in seconds of a monotonic clock."""

    sid: str
    to: str
    sender: str
    body: str
    created: datetime
    at: float

    @property
    def told(self) -> dict[str, Any]:
        """As Twilio tells of it while it is queued."""
        numbers = {"to": self.to, "from": None if self.sender == SERVICE else self.sender}
        created = {"date_created": format_datetime(self.created), "date_sent": None, "date_updated": None}
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "status": "queued",
            "body": self.body,
            **numbers,
            **created,
        } | {
            "num_segments": "1",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
        }


@dataclass
class Twilio:
    """One account. `per_second` is how many messages it takes in a second; 0: any number."""

    numbers: frozenset[str] = frozenset({NUMBER, SERVICE})
    unsubscribed: set[str] = field(default_factory=set[str])
    landlines: set[str] = field(default_factory=set[str])
    per_second: int = 0
    messages: list[Message] = field(default_factory=list[Message])

    def stand_in(self) -> StandIn:
        """It, to be served."""
        return StandIn(self.answer)

    def answer(self, call: Call) -> Answer:
        """What a call gets."""
        if call.headers.get("authorization") != _login():
            return refusal(401, 20003, "Authenticate")
        if call.path != _PATH:
            return refusal(404, 20404, "The requested resource was not found")
        if call.method == "POST":
            return self._taken(dict(parse_qsl(call.body.decode(), keep_blank_values=True)), call)
        return self._listed(call.query) if call.method == "GET" else refusal(405, 20004, "Method not allowed")

    def _taken(self, form: Mapping[str, str], call: Call) -> Answer:
        if not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return refusal(415, 20415, "Unsupported media type")
        if self.per_second and sum(monotonic() - one.at < 1 for one in self.messages) >= self.per_second:
            return refusal(429, 20429, "Too Many Requests")
        if code := self._objection(form):
            return refusal(400, code, "The request is refused")
        sender = form.get("MessagingServiceSid") or form["From"]
        sid = f"SM{secrets.token_hex(16)}"
        made = Message(sid, form["To"], sender, form["Body"], now().replace(microsecond=0), monotonic())
        self.messages.append(made)
        return Answer(201, made.told, effect=f"{made.to} {made.body}")

    def _objection(self, form: Mapping[str, str]) -> int | None:
        to, sender, body = form.get("To", ""), form.get("MessagingServiceSid") or form.get("From"), form.get("Body", "")
        checks = {
            21603: not sender,
            21602: not body.strip(),
            21617: len(body) > LONGEST_BODY,
            21211: not _E164.fullmatch(to),
            21606: sender not in self.numbers,
            21610: to in self.unsubscribed,
            21635: to in self.landlines,
        }
        return next((code for code, wrong in checks.items() if wrong), None)

    def _listed(self, query: Mapping[str, str]) -> Answer:
        since = query.get("DateSent>", "")
        found = [one for one in reversed(self.messages) if query.get("To", one.to) == one.to]
        found = [one for one in found if f"{one.created:%Y-%m-%d}" >= since]
        size = min(int(query.get("PageSize", "50")), MOST_ON_A_PAGE)
        return Answer(200, {"messages": [one.told for one in found[:size]], "page": 0, "next_page_uri": None})


def refusal(status: int, code: int, message: str) -> Answer:
    """An error as Twilio words it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def _login() -> str:
    return f"Basic {base64.b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}"
