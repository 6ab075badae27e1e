"""SendGrid's event webhook, as it posts: signed batches in which events come twice and in any order."""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arqlight_core.clock import now

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@dataclass(frozen=True, slots=True)
class Post:
    """One request: the body byte for byte, and the headers that prove who sent it."""

    body: bytes
    headers: dict[str, str]


@dataclass
class EventWebhook:
    """An account whose events are posted, with a key pair of its own. `seed` decides what comes twice and when."""

    seed: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    told: int = 0
    """Events that were made."""

    @property
    def public_key(self) -> str:
        """What SENDGRID_WEBHOOK_KEY is set to."""
        spelled = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spelled).decode()

    def event(self, kind: str, message: str, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """One event about the mail of that X-Message-Id; custom arguments stand beside SendGrid's own fields."""
        self.told += 1
        return {
            "email": "somebody@example.com",
            "timestamp": int((at or now()).timestamp()),
            "smtp-id": f"<{message}@ismtpd.sendgrid.net>",
            "event": kind,
            "category": ["outreach"],
            "sg_event_id": f"event-{self.seed}-{self.told}",
            "sg_message_id": f"{message}.recvd-5f4b-1.0",
            **more,
        }

    def post(self, events: Sequence[Any], *, copies: int = 1, at: datetime | None = None) -> Post:
        """The events, each so many times, shuffled and signed."""
        entries = list(events) * copies
        if copies > 1:
            random.Random(self.seed).shuffle(entries)  # noqa: S311 - to be repeatable
        return self.signed(msgspec.json.encode(entries) + b"\r\n", at)

    def signed(self, body: bytes, at: datetime | None = None) -> Post:
        """A body as it is posted at a moment."""
        stamp = str(int((at or now()).timestamp()))
        signature = self.key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        return Post(body, {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp})
