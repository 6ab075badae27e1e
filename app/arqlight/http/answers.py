"""Views as plain JSON: whatever a job's maker has put into it, every reader can decode it; lists by the page."""

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from arqlight.http.shapes import is_view, members_of
from arqlight.http.told import Page
from arqlight_core.errors import UsageError

T = TypeVar("T")

_OFFSET = re.compile(r"[0-9]{1,15}")
_Place = Annotated[str, Meta(pattern=r"\A[0-9]{1,18}-[0-9]{1,18}\Z")]

MOST = 500
"""Rows of one page."""

SIGNS = "^[A-Za-z0-9_=-]*$"
"""What cursors are made of."""

Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="The most rows of one page.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=20_000, pattern=SIGNS, description="`cursor` of the page before; without it the first."),
]


def plain(value: Any) -> Any:
    """A view as objects, lists, texts and numbers; moments are ISO 8601."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _structure(value)


def _structure(value: Any) -> Any:
    if is_view(kind := cast("type[Any]", type(value))):
        return {one.name: plain(one.of(value)) for one in members_of(kind)}
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, date):
        return value.isoformat()
    return _text(value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value))


def _text(text: str) -> str:
    """The text; a byte of an id that is no text is written out."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def paged(items: Sequence[T], cursor: str, limit: int) -> Page[T]:
    """A page of a list that is known as a whole."""
    first = offset_of(cursor)
    more = str(first + limit) if first + limit < len(items) else ""
    return Page(items[first : first + limit], more, total=len(items))


def offset_of(cursor: str) -> int:
    """How many rows stand before a page. Raises UsageError for what was never handed out."""
    if not cursor:
        return 0
    if not _OFFSET.fullmatch(cursor):
        raise UsageError("The cursor was not given by a page of this list.")
    return int(cursor)


def packed(told: Mapping[str, str]) -> str:
    """A place in several streams as a cursor."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(dict(told)).encode())).decode()


def unpacked(cursor: str) -> dict[str, str]:
    """What `packed` was given. Raises UsageError for what was never handed out."""
    try:
        raw = zlib.decompressobj().decompress(base64.urlsafe_b64decode(cursor.encode()), 1_000_000)
        return msgspec.json.decode(raw, type=dict[str, _Place])
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise UsageError("The cursor was not given by this list.") from None
