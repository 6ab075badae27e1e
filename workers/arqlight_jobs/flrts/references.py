"""What OpenProject's tasks refer to: projects, types, statuses, priorities, people and memberships, by their ids there.

What is not listed there any more is marked as vanished and stays, for tasks go on referring to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.flrts.tables.tasks import references
from arqlight_jobs.outbound.rows import put_or_change

VANISHED = "vanished"
"""The fact of what is not listed any more."""

LARGEST = 2**31 - 1
LONGEST_NAME = 255

_FACTS: Mapping[str, Mapping[str, str]] = {
    "project": {"identifier": "identifier", "active": "active"},
    "status": {"isClosed": "is_closed", "isDefault": "is_default"},
    "type": {"isMilestone": "is_milestone"},
    "priority": {"isDefault": "is_default", "isActive": "is_active"},
    "user": {"status": "status"},
    "membership": {},
}
"""What is kept of each kind, as it is called there and here."""

_LINKS: Mapping[str, tuple[str, ...]] = {"membership": ("project", "principal")}
"""The ids behind links that are kept."""


async def note(connection: AsyncConnection, kind: str, things: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Write down things of a kind as they were at that moment, and say of how many that was possible."""
    rows = [row for row in (_row(kind, thing, at) for thing in things) if row]
    for row in sorted(rows, key=lambda row: row["id"]):  # two that write the same must not wait for each other
        await put_or_change(connection, references, row, row, references.c.seen_at <= at)
    return len(rows)


async def mark_vanished(connection: AsyncConnection, kind: str, before: datetime) -> int:
    """Mark what was not listed since that moment, and say how many have vanished by this."""
    c = references.c
    chosen = select(c.id, c.facts).where(c.kind == kind, c.seen_at < before).order_by(c.id)
    gone = [(own, facts) for own, facts in await connection.execute(chosen) if not facts.get(VANISHED)]
    for own, facts in gone:
        mine = c.kind == kind, c.id == own, c.seen_at < before
        await connection.execute(update(references).where(*mine).values(facts={**facts, VANISHED: True}))
    return len(gone)


async def ids_of(connection: AsyncConnection, kind: str) -> list[int]:
    """Those of a kind that are there and in use."""
    chosen = select(references.c.id, references.c.facts).where(references.c.kind == kind).order_by(references.c.id)
    rows = await connection.execute(chosen)
    return [own for own, facts in rows if not facts.get(VANISHED) and facts.get("active", True)]


def _row(kind: str, thing: Mapping[str, Any], at: datetime) -> dict[str, Any] | None:
    own, name = thing.get("id"), thing.get("name", "")
    if type(own) is not int or not 0 < own <= LARGEST or not isinstance(name, str):
        return None
    facts = {ours: thing[theirs] for theirs, ours in _FACTS[kind].items() if _is_plain(thing.get(theirs))}
    facts |= {link: found for link in _LINKS.get(kind, ()) if (found := _linked(thing, link))}
    return {"kind": kind, "id": own, "name": name.replace("\0", "")[:LONGEST_NAME], "facts": facts, "seen_at": at}


def _is_plain(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= LONGEST_NAME and "\0" not in value)


def _linked(thing: Mapping[str, Any], link: str) -> int:
    """The id at the end of a link's address; 0 for none."""
    try:
        last = str(thing["_links"][link]["href"]).rpartition("/")[2]
    except (KeyError, TypeError):
        return 0
    return int(last) if last.isascii() and last.isdigit() and len(last) < len(str(LARGEST)) else 0
