"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body, one for each secret in use."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from arqlight_core.errors import Misconfigured

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LENGTHS = range(24, 65)
"""Bytes that a secret may have."""


def signed(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove who sent the body, for this attempt. Raises Misconfigured for what is no secret.

    Args:
        secrets: Each `whsec_` and base64; several while one takes another's place.
        message_id: The same for every attempt at the same message; without a dot.
        at: The moment of this attempt: receivers take it for five minutes.
        body: The body as it is sent, byte for byte.
    """
    stamp = str(int(at.timestamp()))
    content = f"{message_id}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(_key(secret), content)}" for secret in secrets]
    return {ID: message_id, TIMESTAMP: stamp, SIGNATURE: " ".join(signatures)}


def _signature(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in LENGTHS:
        raise Misconfigured(f"A webhook secret is not {PREFIX} with {LENGTHS[0]} to {LENGTHS[-1]} bytes in base64.")
    return key
