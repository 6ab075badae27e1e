"""A stand-in of the WhatsApp Cloud API: tokens, bodies and limits are checked as there, each message gets an id.

An id holds the number, as the real ones do: who shows it shows whom the message went to.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import monotonic

PER_SECOND = 80.0
"""Messages that a number may send in a second."""

PAIR_SECONDS, PAIR_BURST = 6.0, 45
"""From one number to another: one in so many seconds, and how many at once."""

_PATH = re.compile(r"/v\d+\.\d+/(\d{1,32}|[\w.-]{1,64})/messages")
_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_TYPES = ("text", "template", "image", "audio", "video", "document", "sticker", "interactive")


@dataclass
class Bucket:
    """How much of something may still be done."""

    rate: float
    """What comes back in a second."""
    most: float
    left: float = -1.0
    at: float = 0.0

    def take(self) -> bool:
        """Whether one more may be done; if so, it is."""
        moment = monotonic()
        self.left = self.most if self.left < 0 else min(self.most, self.left + (moment - self.at) * self.rate)
        self.at = moment
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class WhatsApp:
    """The accounts of one token. `stand_in` is what is served."""

    token: str
    per_second: float = PER_SECOND
    by_recipient: bool = False
    """Whether an effect is named by number and content, in place of what the caller wants back with webhooks."""
    pair_burst: int = PAIR_BURST
    senders: dict[str, Bucket] = field(default_factory=dict[str, Bucket])
    pairs: dict[tuple[str, str], Bucket] = field(default_factory=dict[tuple[str, str], Bucket])
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def stand_in(self) -> StandIn:
        """To be served by `standing`."""
        return StandIn(self.answer)

    def answer(self, call: Call) -> Answer:
        """What the API would say."""
        found = _PATH.fullmatch(call.path)
        if not found:
            return refusal(400, 100, "Unsupported request")
        if call.method != "POST":
            return refusal(405, 100, "Unsupported method")
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return refusal(401, 190, "Invalid OAuth access token")
        try:
            body = call.json
        except msgspec.DecodeError:
            return refusal(400, 100, "The body is no JSON")
        return _unfit(body) or self._limited(found[1], body["to"]) or self._accepted(body)

    def _limited(self, sender: str, to: str) -> Answer | None:
        pair = self.pairs.setdefault((sender, to), Bucket(1 / PAIR_SECONDS, self.pair_burst))
        if not pair.take():
            return refusal(429, 131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit")
        if not self.senders.setdefault(sender, Bucket(self.per_second, max(1.0, self.per_second))).take():
            return refusal(429, 130429, "(#130429) Rate limit hit")
        return None

    def _accepted(self, body: Mapping[str, Any]) -> Answer:
        to = body["to"].removeprefix("+")
        told = base64.b64encode(f"{to} {next(self.numbers)}".encode()).decode()
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": body["to"], "wa_id": to}],
            "messages": [{"id": f"wamid.{told}"}],
        }
        return Answer(200, answer, effect=self._effect(body))

    def _effect(self, body: Mapping[str, Any]) -> str:
        mark = body.get("biz_opaque_callback_data")
        if mark and not self.by_recipient:
            return str(mark)
        content = msgspec.json.encode(body[body["type"]], order="deterministic")
        return f"{body['to']} {hashlib.sha256(content).hexdigest()[:16]}"


def refusal(status: int, code: int, message: str, details: str = "") -> Answer:
    """An error as the API writes it."""
    data = {"messaging_product": "whatsapp", "details": details or message}
    error = {"message": message, "type": "OAuthException", "code": code, "error_data": data, "fbtrace_id": "A1b2C3"}
    return Answer(status, {"error": error})


def _unfit(body: Any) -> Answer | None:
    """What the API says of a body that it does not take."""
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":  # pyright: ignore[reportUnknownMemberType] - out of JSON
        return refusal(400, 100, "(#100) The parameter messaging_product is required.")
    told: dict[str, Any] = body  # pyright: ignore[reportUnknownVariableType] - as above
    kind = told.get("type", "text")
    if kind not in _TYPES or not isinstance(told.get(kind), dict):
        return refusal(400, 131008, f"(#131008) Required parameter is missing: {kind}")
    if not isinstance(told.get("to"), str) or not _NUMBER.fullmatch(told["to"]):
        return refusal(400, 131009, "(#131009) Parameter value is not valid: to")
    if len(str(told.get("biz_opaque_callback_data", ""))) > 512:  # noqa: PLR2004 - as Meta has it
        return refusal(400, 100, "(#100) biz_opaque_callback_data is too long")
    return _unfit_part(kind, told[kind])


def _unfit_part(kind: str, part: Mapping[str, Any]) -> Answer | None:
    if kind == "text" and (not part.get("body") or len(part["body"]) > 4096):  # noqa: PLR2004 - as Meta has it
        return refusal(400, 100, "(#100) text.body is missing or too long")
    language = part.get("language")
    if kind == "template" and not (part.get("name") and isinstance(language, dict) and "code" in language):
        return refusal(400, 132000, "(#132000) The template's name or language is missing")
    if kind in ("image", "audio", "video", "document", "sticker") and not (part.get("id") or part.get("link")):
        return refusal(400, 131008, "(#131008) Required parameter is missing: id or link")
    return None
