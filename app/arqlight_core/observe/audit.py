"""The audit trail as it is read: operations newest first, what was asked and what came of it in one row."""

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from arqlight_core.audit import Entry, Link, Phase, moment_of, verify
from arqlight_core.policy import MINUTE, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Trail

PAGE = 500
ALL = -1
"""Pages: as many as there are."""
PATIENCE_MS = milliseconds(MINUTE)
"""How long an operation that was asked for and has told no end counts as under way."""
UNDER_WAY = "under way"
UNKNOWN = "the connection was lost, or whoever acted was stopped"
MISSING = "the end"
UNREADABLE = "not written by arqlight: `arqlight audit --verify` says where the chain breaks"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: what is left empty or 0 takes all. Moments are in ms of the server's clock, both included.

    `queue` takes what acts upon the queue or tells of it; `text` what has it anywhere, whatever its case.
    """

    actor: str = ""
    operation: str = ""
    queue: str = ""
    since_ms: int = 0
    until_ms: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One operation. `condition`: done, refused, failed, under way, outcome unknown or unreadable.

    `ended_ms` is 0 without an end; `closed_by` is who told the end where that was somebody else than the actor.
    """

    id: str
    at_ms: int
    ref: str
    condition: str
    actor: str = ""
    host: str = ""
    operation: str = ""
    target: str = ""
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reason: str = ""
    changed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    outcome: str = ""
    ended_ms: int = 0
    closed_by: str = ""
    via: str = ""
    """By which way in it was asked for: cli, screen or http; '' where nobody said."""
    hash: str = ""
    """Of the entry that asked for it: what the next entry of the chain builds upon."""


@dataclass(frozen=True, slots=True)
class AuditView:
    """The newest rows that were wanted, newest first, at one moment of the server's clock (ms)."""

    at_ms: int
    rows: tuple[AuditRow, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk through the chain found: how many entries fit, since when (ms), and the hash of the last of them.

    Who notes that hash elsewhere can tell later whether all of the chain was written anew. `broken` is the id of the
    first entry that does not fit, or MISSING when the newest are gone; '' when the chain is intact.
    """

    entries: int
    since_ms: int
    last: str
    broken: str = ""


async def audit(store: Store, wanted: Wanted | None = None, limit: int = 50, pages: int = ALL) -> AuditView:
    """The newest operations that are wanted. Reads pages of 500 entries, at most so many, until there are enough."""
    terms, rows, now_ms, most = wanted or Wanted(), list[AuditRow](), 0, pages
    ends = dict[str, Entry]()
    async with aclosing(_pages(store, "older")) as found:
        async for page in found:
            now_ms, most = now_ms or page.now_ms, most - 1
            rows += [row for row in _rows(page.links, ends, now_ms) if _fits(row, terms)]
            if len(rows) >= limit or not most or _is_before(page.links, terms.since_ms):
                break
    return AuditView(now_ms, tuple(rows[:limit]))


async def verify_audit(store: Store) -> Verification:
    """Walk through the whole trail, from the oldest entry, and check that each fits the one before it."""
    found: Verification | None = None
    async with aclosing(_pages(store, "newer")) as pages:
        async for page in pages:
            found = _extended(found or Verification(0, 0, page.anchor), page)
            if found.broken:
                break
    return found or Verification(0, 0, "")


def _extended(found: Verification, page: Trail) -> Verification:
    """What was found so far and on the next page; on the last one, which is empty, whether the end is there."""
    if not page.links:
        return found if page.last == found.last else replace(found, broken=MISSING)
    broken = verify(page.links, found.last)
    fitting = list(takewhile(lambda link: link.id != broken, page.links))
    since_ms = found.since_ms or next((link.at_ms for link in fitting), 0)
    last = fitting[-1].hash if fitting else found.last
    return Verification(found.entries + len(fitting), since_ms, last, broken or "")


async def _pages(store: Store, direction: str) -> AsyncGenerator[Trail]:
    """The pages of the trail in one direction, from its end; the last one is empty."""
    edge = ""
    while True:
        page = await store.run(scripts.trail(edge, PAGE, direction))
        yield page
        if not page.links:
            return
        edge = page.links[-1].id


def _is_before(links: Sequence[Link], moment_ms: int) -> bool:
    """Whether what comes after these, newest first, is older than the moment: ids only grow, whoever writes."""
    return bool(links) and moment_of(links[-1].id) < moment_ms


def _rows(links: Iterable[Link], ends: dict[str, Entry], now_ms: int) -> Iterator[AuditRow]:
    """A row for each operation that was asked for; its end is newer, and was met before it."""
    for link in links:
        entry = link.entry
        if entry is None:
            yield AuditRow(link.id, link.at_ms, "", "unreadable", outcome=UNREADABLE, hash=link.hash)
        elif entry.phase is Phase.ASKED:
            yield replace(_row(link.id, entry, ends.pop(entry.ref, None), now_ms), hash=link.hash)
        elif entry.ref not in ends or ends[entry.ref].phase is Phase.BEGUN:
            ends[entry.ref] = entry  # the fleet may have ended it before its caller has noted that it began


def _row(entry_id: str, asked: Entry, end: Entry | None, now_ms: int) -> AuditRow:
    names = ("at_ms", "ref", "actor", "host", "via", "operation", "target", "told", "reason")
    told = {name: getattr(asked, name) for name in names}
    if end is None:
        late = now_ms - asked.at_ms > PATIENCE_MS
        return AuditRow(
            entry_id, condition="outcome unknown" if late else UNDER_WAY, outcome=UNKNOWN if late else "", **told
        )
    begun = end.phase is Phase.BEGUN
    ended = {name: getattr(end, name) for name in ("changed", "skipped", "outcome")}
    condition, ended_ms = (UNDER_WAY, 0) if begun else (end.phase.value, end.at_ms)
    return AuditRow(entry_id, condition=condition, ended_ms=ended_ms, closed_by=end.actor, **told, **ended)


def _fits(row: AuditRow, wanted: Wanted) -> bool:
    return (
        wanted.actor in ("", row.actor)
        and wanted.operation in ("", row.operation)
        and (not wanted.queue or wanted.queue in _queues(row))
        and wanted.since_ms <= row.at_ms <= (wanted.until_ms or row.at_ms)
        and wanted.text.casefold() in _said(row)
    )


def _queues(row: AuditRow) -> tuple[object, ...]:
    """What may be the queue that it is about."""
    match row.told:
        case {"selection": {"queue": queue}} | {"queue": queue}:
            return row.target, queue
        case _:
            return (row.target,)


def _said(row: AuditRow) -> str:
    """All that it says, for a search."""
    words = (row.actor, row.host, row.operation, row.target, row.reason, row.outcome)
    return "\n".join([*words, *row.skipped, json.dumps(row.told, ensure_ascii=False)]).casefold()
