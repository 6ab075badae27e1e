"""SendGrid's event webhook: who signed a post, what its events say, and what each kind of them means.

The signature is over the timestamp and the body byte for byte: nothing is parsed before it is verified.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from arqlight_core.clock import from_ms

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

LONGEST_EVENT_ID = 200
LONGEST_MESSAGE_ID = 255
LATEST = 4_102_444_800
"""Epoch seconds: no event is of a later century."""


class Meaning(StrEnum):
    """What becomes of the recipient."""

    NOTHING = ""
    ENGAGED = "engaged"
    SUPPRESS = "suppress"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event; of two, the one with the higher rank says more about how far a mail is."""

    rank: int
    meaning: Meaning = Meaning.NOTHING


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "account_status_change": Kind(0),
        "processed": Kind(1),
        "deferred": Kind(2),
        "delivered": Kind(3),
        "dropped": Kind(4),
        "bounce": Kind(4, Meaning.SUPPRESS),
        "open": Kind(5, Meaning.ENGAGED),
        "click": Kind(6, Meaning.ENGAGED),
        "group_resubscribe": Kind(0, Meaning.LIFT),
        "group_unsubscribe": Kind(7, Meaning.SUPPRESS),
        "unsubscribe": Kind(7, Meaning.SUPPRESS),
        "spamreport": Kind(8, Meaning.SUPPRESS),
    }
)

BLOCKED = "blocked"
"""The type of a bounce that may not be one for good: SendGrid itself goes on sending to that address."""


class NotSigned(Exception):
    """The post was not signed by the holder of the key; the message says what does not fit."""


class NotAnEvent(Exception):
    """One entry of a batch that is no event; the message says why, without what stands in it."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event. `email` is whom the mail went to, `message` the X-Message-Id of it."""

    id: str
    kind: str
    at: datetime
    message: str
    email: str
    arguments: Mapping[str, Any]
    """Everything in it: custom arguments stand beside SendGrid's own fields."""

    @property
    def is_machine(self) -> bool:
        """Whether a program has opened the mail, such as a mail service that looks at pictures beforehand."""
        return self.arguments.get("sg_machine_open") is True

    @property
    def meaning(self) -> Meaning:
        """What becomes of the recipient."""
        blocked = self.kind == "bounce" and self.arguments.get("type") == BLOCKED
        return Meaning.NOTHING if blocked else KINDS[self.kind].meaning


def verify(key: str, headers: Mapping[str, str], raw: bytes) -> datetime:
    """When the post was signed, by whoever holds this key (SubjectPublicKeyInfo in base64). Raises NotSigned."""
    told = {name.lower(): value.strip() for name, value in headers.items()}
    signature, stamp = told.get(SIGNATURE, ""), told.get(TIMESTAMP, "")
    if not signature or not stamp:
        raise NotSigned("it has no signature")
    try:
        given = base64.b64decode(signature, validate=True)
        _key(key).verify(given, stamp.encode() + raw, ec.ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise NotSigned("its signature does not fit") from None
    if not _is_stamp(stamp):
        raise NotSigned("its timestamp is none")
    return from_ms(int(stamp) * 1000)


def _is_stamp(stamp: str) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= len(str(LATEST)) and int(stamp) <= LATEST


def _key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise NotSigned("SENDGRID_WEBHOOK_KEY is no public key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotSigned("SENDGRID_WEBHOOK_KEY is no key on the curve P-256")
    return key


def batch(raw: bytes) -> list[object] | None:
    """The entries of a post; None when it is no array in JSON."""
    try:
        return msgspec.json.decode(raw, type=list[object])
    except (msgspec.MsgspecError, RecursionError):
        return None


def report(entry: object) -> Report:
    """The event that an entry is. Raises NotAnEvent."""
    if not isinstance(entry, dict):
        raise NotAnEvent("it is no object")
    told = cast("dict[str, Any]", entry)
    kind, at, own = told.get("event"), told.get("timestamp"), told.get("sg_event_id")
    if not isinstance(kind, str) or kind not in KINDS:
        raise NotAnEvent("its kind is not known")
    if type(at) is not int or not 0 <= at <= LATEST:
        raise NotAnEvent("its timestamp is none")
    if not isinstance(own, str) or not 0 < len(own) <= LONGEST_EVENT_ID or not own.isprintable():
        raise NotAnEvent("it has no id of its own")
    message = _text(told, "sg_message_id").partition(".")[0][:LONGEST_MESSAGE_ID]
    return Report(own, kind, from_ms(at * 1000), message, _text(told, "email"), told)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""
