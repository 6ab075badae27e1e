"""OpenProject's webhooks: who signed a post, and what it tells of.

The signature is over the body byte for byte: nothing is parsed before it is verified. It tells no time and no id.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

SIGNATURE = "x-op-signature"
_PREFIX = "sha1="

WORK_PACKAGE, PROJECT = "work_package", "project"
"""What a post may tell of that changes what we know; of time entries, attachments and comments we keep nothing."""

_ACTION = re.compile(r"([a-z_]{1,40}):([a-z_]{1,40})", re.ASCII)


class NotSigned(Exception):
    """The post was not signed by the holder of the secret; the message says what does not fit."""


class NotAHook(Exception):
    """A body that is no post of OpenProject's; the message says why, without what stands in it."""


@dataclass(frozen=True, slots=True)
class Hook:
    """What a post tells: a kind of thing, what happened to one, and the thing itself in OpenProject's own words."""

    topic: str
    event: str
    thing: Mapping[str, Any]


def verify(secret: str, headers: Mapping[str, str], raw: bytes) -> None:
    """Raises NotSigned unless the post was signed with the webhook's secret."""
    told = {name.lower(): value.strip() for name, value in headers.items()}
    given = told.get(SIGNATURE, "")
    if not given.startswith(_PREFIX):
        raise NotSigned("it has no signature")
    if not hmac.compare_digest(given.encode(errors="replace"), signed(secret, raw).encode()):
        raise NotSigned("its signature does not fit")


def signed(secret: str, raw: bytes) -> str:
    """What the header says about this body; OpenProject signs with SHA-1 and offers nothing else."""
    return f"{_PREFIX}{hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()}"


def told_in(raw: bytes) -> Hook:
    """What a body tells. Raises NotAHook."""
    try:
        told = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise NotAHook("it is no object in JSON") from None
    action = told.get("action")
    found = _ACTION.fullmatch(action) if isinstance(action, str) else None
    if found is None:
        raise NotAHook("it names no action")
    topic, event = found.groups()
    return Hook(topic, event, _object(told.get(topic)))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType] - of JSON
