"""The audit trail as a value: what an operator asked for and what came of it, each entry bound to the one before.

An operation leaves two entries that its `ref` joins: "asked" before it acts, and its end. The hash of an entry covers
the hash before it, so that whoever changes, removes or puts in an entry breaks the chain behind it.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

import msgspec

from arqlight_core.hashing import canonical_json

GENESIS = "0" * 64
"""What stands for the hash before the very first entry."""

NAME_KEPT, TEXT_KEPT = 120, 500
"""Signs of a name, and of a reason or an outcome, that an entry keeps."""
TOLD_KEPT = 3_000
"""Bytes of what an entry tells of selection and arguments."""
_CUTS = ((20, 200), (5, 60))
"""Members of a list or mapping, and signs of a text, that are kept; the second where the first leaves too much."""
_WHOLE = 2**63

WAY_IN: ContextVar[str] = ContextVar("way_in", default="")
"""By which way in something is asked for here: cli, screen or http; '' where nobody said."""


class Phase(StrEnum):
    """How far an operation is. `BEGUN` is for one that the fleet goes on with after its caller has left."""

    ASKED = "asked"
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry; `at_ms` is of the server's clock and never less than that of the entry before.

    An end tells `changed`, `skipped` (reason -> count) and `outcome`; what was asked stands in the entry of its `ref`.
    """

    at_ms: int
    phase: Phase
    ref: str
    actor: str = ""
    host: str = ""
    via: str = ""
    operation: str = ""
    target: str = ""
    told: dict[str, Any] = {}
    reason: str = ""
    changed: int = 0
    skipped: dict[str, int] = {}
    outcome: str = ""

    def short(self) -> "Entry":
        """The same with everything cut to what a trail has room for, in text that any reader can decode."""
        names = {name: _text(getattr(self, name), NAME_KEPT) for name in ("actor", "host", "operation", "target")}
        texts = {name: _text(getattr(self, name), TEXT_KEPT) for name in ("reason", "outcome")}
        most, longest = _CUTS[0]
        skipped = {_text(reason, longest): count for reason, count in list(self.skipped.items())[:most]}
        return msgspec.structs.replace(self, **names, **texts, told=brief(self.told), skipped=skipped)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: the operation's name in the registry, what it acts upon, selection and arguments.

    Fields of `told` that are named in `sensitive` are masked, at any depth.
    """

    actor: str
    operation: str
    target: str
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reason: str = ""
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it, and who says so where that is not who asked: a worker, for one."""

    phase: Phase
    outcome: str = ""
    changed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place: its id in the stream, its bytes, and the hash over them and the hash before."""

    id: str
    body: bytes
    hash: str

    @property
    def entry(self) -> Entry | None:
        """What it says; None when that cannot be read: others than we wrote it."""
        try:
            return msgspec.json.decode(self.body, type=Entry)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None

    @property
    def at_ms(self) -> int:
        """When it was written; of what cannot be read, the moment of its id."""
        entry = self.entry
        return entry.at_ms if entry else moment_of(self.id)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a trail stands: the server's clock (ms), the last id it gave out, the last entry's hash and moment (ms).

    Without arguments it is unknown, and an entry linked to it goes nowhere.
    """

    now_ms: int = 0
    top_id: str = "0-0"
    hash: str = ""
    at_ms: int = 0

    @property
    def next_ms(self) -> int:
        """The next entry's moment; a clock that was put back stands still."""
        return max(self.now_ms, self.at_ms)

    @property
    def next_id(self) -> str:
        """The next entry's id: its moment, behind every id that the stream has given out."""
        moment, _, number = self.top_id.partition("-")
        return f"{self.next_ms}-0" if self.next_ms > int(moment) else f"{moment}-{int(number) + 1}"


def linked(head: Head, entry: Entry) -> Link:
    """The entry as the next after the head, at its moment. Raises TypeError for what JSON cannot carry."""
    timed = msgspec.structs.replace(entry, at_ms=head.next_ms)
    body = canonical_json(cast("dict[str, Any]", msgspec.to_builtins(timed)))
    return Link(head.next_id, body, hash_of(head.hash, head.next_id, body))


def hash_of(before: str, entry_id: str, body: bytes) -> str:
    """The SHA-256 that an entry must have behind one of the hash `before`, in hex."""
    return hashlib.sha256(f"{before} {entry_id} ".encode() + body).hexdigest()


def verify(links: Iterable[Link], anchor: str = GENESIS) -> str | None:
    """The id of the first entry that does not fit, None when all do; `anchor` is the hash before the first of them."""
    for link in links:
        if hash_of(anchor, link.id, link.body) != link.hash:
            return link.id
        anchor = link.hash
    return None


def moment_of(entry_id: str) -> int:
    """The moment (ms) that an id was given out at."""
    return int(entry_id.partition("-")[0])


# ------------------------------------------------------------------ few words for much


def brief(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is told, small enough for an entry. Of a long list stay its first members and `count`.

    Raises TypeError for what JSON cannot carry.
    """
    plain = json.loads(canonical_json(told))
    for most, longest in _CUTS:
        kept = _short(plain, most, longest)
        if len(canonical_json(kept)) <= TOLD_KEPT:
            return kept
    return {"cut": f"{len(canonical_json(plain))} bytes"}


def _short(value: Any, most: int, longest: int) -> Any:
    match value:
        case str():
            return _text(value, longest)
        case list():
            items = cast("list[Any]", value)
            first = [_short(item, most, longest) for item in items[:most]]
            return first if len(items) <= most else {"count": len(items), "first": first}
        case dict():
            fields = list(cast("dict[str, Any]", value).items())
            kept = {_text(name, longest): _short(item, most, longest) for name, item in fields[:most]}
            return kept if len(fields) <= most else kept | {"…": f"{len(fields) - most:,} more"}
        case _:
            return _number(value)


def _number(value: Any) -> Any:
    """The value as every reader of JSON takes it: no infinity, and no number beyond 64 bits."""
    if isinstance(value, bool) or value is None:
        return value
    return value if math.isfinite(value) and -_WHOLE <= value < _WHOLE else _text(str(value), NAME_KEPT)


def _text(text: str, longest: int) -> str:
    """The text, cut; whatever bytes an id was made of, it can be encoded."""
    clean = text.encode(errors="backslashreplace").decode()
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"
