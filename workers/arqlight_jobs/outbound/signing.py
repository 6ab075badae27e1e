"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body, made and verified."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from arqlight_core.errors import Misconfigured

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LENGTHS = range(24, 65)
"""Bytes that a secret may have."""

_OWN_ID = re.compile(r"[!-\-/-~]{1,255}")
"""Signs that can be printed, and no dot: the first one ends the id in what is signed."""
_STAMP = re.compile(r"[0-9]{1,12}")


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


class NotSigned(Exception):
    """The post was not signed by the holder of a secret, or not now; the message says what does not fit."""


def verified(secrets: Sequence[str], headers: Mapping[str, str], raw: bytes, at: datetime, tolerance: timedelta) -> str:
    """The webhook-id of a post that one of the secrets has signed. Raises NotSigned, and Misconfigured as above.

    Args:
        secrets: Each `whsec_` and base64.
        headers: Of the post; the case of their names does not matter.
        raw: The body byte for byte as it came.
        at: Now.
        tolerance: How far the timestamp may be from now.
    """
    told = {name.lower(): value.strip() for name, value in headers.items()}
    own, stamp, given = (told.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (own and stamp and given):
        raise NotSigned("it has no signature")
    if not (_OWN_ID.fullmatch(own) and _STAMP.fullmatch(stamp)):
        raise NotSigned("its id or its timestamp is none")
    content = f"{own}.{stamp}.".encode() + raw
    wanted = [f"v1,{_signature(_key(secret), content)}".encode() for secret in secrets]
    parts = [part.encode(errors="replace") for part in given.split()]
    if not any([hmac.compare_digest(one, part) for one in wanted for part in parts]):  # noqa: C419 - time tells nothing
        raise NotSigned("its signature does not fit")
    if abs(at.timestamp() - int(stamp)) > tolerance.total_seconds():
        raise NotSigned("it was signed too long before or after now")
    return own


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
