"""One key for one content, whatever the order of its fields and of the members of its sets.

Serves the uniqueness of jobs and of effects: two payloads that mean the same have the same key.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from functools import singledispatch
from typing import Any

import msgspec

KEY_LENGTH = 16
"""Hex digits of a key: 64 bits, so that two among a hundred million contents hardly ever share one."""


def canonical_key(payload: msgspec.Struct | Mapping[str, Any]) -> str:
    """The first 16 hex digits of the SHA-256 over the payload's canonical JSON. Raises TypeError for what has none."""
    return hashlib.sha256(canonical_json(payload)).hexdigest()[:KEY_LENGTH]


def canonical_json(value: object) -> bytes:
    """JSON in ASCII, one form for one content: keys and sets sorted, text in NFC, 1.0 as 1, moments in UTC.

    Raises TypeError for what JSON cannot carry, and for a mapping with two keys that are written alike.
    """
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":")).encode()


@singledispatch
def _canonical(value: object) -> Any:
    return _canonical(msgspec.to_builtins(value, order="sorted"))


@_canonical.register(int | None)
def _(value: int | None) -> Any:
    return value


@_canonical.register
def _(value: str) -> str:
    return unicodedata.normalize("NFC", value)


@_canonical.register
def _(value: float) -> float:
    return int(value) if value.is_integer() else value


@_canonical.register
def _(value: Decimal) -> str:
    return str(value.normalize() + 0)  # the sum takes the sign from a zero


@_canonical.register
def _(value: datetime) -> Any:
    return msgspec.to_builtins(value.astimezone(UTC) if value.tzinfo else value)


@_canonical.register(list | tuple)
def _(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    return [_canonical(item) for item in value]


@_canonical.register(AbstractSet)
def _(value: AbstractSet[Any]) -> list[Any]:
    return sorted((_canonical(item) for item in value), key=canonical_json)


@_canonical.register(Mapping)
def _(value: Mapping[Any, Any]) -> dict[str, Any]:
    written = {_key(name): _canonical(item) for name, item in value.items()}
    if len(written) < len(value):
        raise TypeError("Two keys of a mapping are written alike; give them different names.")
    return written


def _key(name: object) -> str:
    plain = _canonical(name)
    return plain if isinstance(plain, str) else canonical_json(plain).decode()


@_canonical.register
def _(value: msgspec.Struct) -> dict[str, Any]:
    fields = {field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
    config = value.__struct_config__
    tagged = {config.tag_field: config.tag} if config.tag_field else {}
    return _canonical(tagged | {name: item for name, item in fields.items() if item is not msgspec.UNSET})
