"""Calls about the audit trail: an entry is appended behind the one its writer saw last, or not at all."""

from dataclasses import dataclass
from typing import Any

from arqlight_core.audit import Head, Link
from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whether the entry was appended, and where the trail stands now."""

    written: bool
    head: Head


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the trail at one moment (ms), and the hashes of the entry before all that is kept and of the last."""

    now_ms: int
    anchor: str
    last: str
    links: tuple[Link, ...]


def record(expected: str, link: Link, at_ms: int, keep: int) -> Call[Recorded]:
    """Append an entry if `expected` is still the last one's hash, and trim the trail to `keep` entries."""
    return Call("record", SHARED, (expected, link.id, at_ms, link.body, link.hash, keep), _recorded)


def trail(edge: str, limit: int, direction: str) -> Call[Trail]:
    """The entries next to an id in a direction (older or newer), nearest first; with no id from the trail's end."""
    return Call("trail", SHARED, (edge, limit, direction), _trail)


def _recorded(answer: list[Any]) -> Recorded:
    written, now, top, last, moment = answer
    return Recorded(written == 1, Head(now, top.decode(), last.decode(), moment))


def _trail(answer: list[Any]) -> Trail:
    now, anchor, last, *rows = answer
    return Trail(now, anchor.decode(), last.decode(), tuple(_link(*row) for row in rows))


def _link(entry_id: bytes, fields: list[bytes]) -> Link:
    told = dict(zip(fields[::2], fields[1::2], strict=True))
    return Link(entry_id.decode(), told.get(b"body", b""), told.get(b"hash", b"").decode(errors="replace"))
