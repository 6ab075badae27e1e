"""What tenants are told by webhooks: the events, the deliveries that they become, and the choice of endpoints."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from arqlight_core.errors import UsageError

LARGEST_BODY = 256 * 1024
"""Bytes; the standard recommends less than 20 kB."""

_TYPE = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_WANTED = re.compile(rf"{_TYPE.pattern}(?:\.\*)?")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. `id` is the caller's own of it: once is once, also when it is published again."""

    tenant: str
    id: str
    type: str
    """Words with dots between, such as contact.created."""
    at: datetime
    data: Mapping[str, Any] = {}

    @property
    def message(self) -> str:
        """The webhook-id, the same for each endpoint and attempt."""
        return f"msg_{digest(self.tenant, self.type, self.id)}"

    @property
    def body(self) -> bytes:
        """What is posted, byte for byte. Raises UsageError for a type that is none and for too much data."""
        if not _TYPE.fullmatch(self.type):
            raise UsageError(f"{self.type!r} is no type of event; write words with dots between: contact.created.")
        body = msgspec.json.encode({"type": self.type, "timestamp": self.at, "data": self.data})
        if len(body) > LARGEST_BODY:
            raise UsageError(f"An event has {len(body)} bytes; webhooks carry {LARGEST_BODY} at most.")
        return body


def check_types(types: Collection[str]) -> None:
    """Raises UsageError for what is neither a type of event nor a group of them."""
    for one in types:
        if not _WANTED.fullmatch(one):
            raise UsageError(f"{one!r} is no type of event; write contact.created, or contact.* for all of a kind.")


def wants(types: Sequence[str], event_type: str) -> bool:
    """Whether an endpoint with these types wants that event."""
    return not types or any(
        event_type == one or (one.endswith(".*") and event_type.startswith(one[:-1])) for one in types
    )


def digest(*parts: str) -> str:
    """Short, without a dot, and the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
