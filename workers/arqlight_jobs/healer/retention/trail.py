"""The audit log of retention: a chain of hashes, each entry bound to the one before.

Purging takes entries from the beginning; a tombstone, itself an entry at the end, says which ones they were and what
their last hash was, so that what is left is verified from there. The head is kept apart: a cut end is seen, too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.audit import GENESIS, hash_of
from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost
from arqlight_core.hashing import canonical_json
from arqlight_jobs.healer.tables import audit_head, audit_log

TOMBSTONE = "tombstone"
PAGE = 500
MOST_LISTED = 1000
TRIES = 50
"""How often an entry is linked anew because another writer was first."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log."""

    number: int
    at: datetime
    told: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk through the log has found: how many entries fit, and what does not; '' when all do."""

    entries: int
    purged: int
    """How many the tombstone stands for."""
    last: str
    """The hash of the newest entry: noted elsewhere, it shows later whether all was written anew."""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class _Start:
    """From where what is left is verified."""

    number: int = 0
    hash: str = GENESIS
    purged: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """The audit log of a database."""

    engine: AsyncEngine

    async def append(self, told: Mapping[str, Any]) -> None:
        """Write an entry behind the last one. Raises TypeError for what JSON cannot carry."""
        for _ in range(TRIES):
            try:
                async with self.engine.begin() as connection:
                    await _append(connection, told)
            except (IntegrityError, LeaseLost):  # another writer was first
                continue
            return
        raise LeaseLost(f"the audit log took no entry: others were first {TRIES} times in a row")

    async def purge(self, cutoff: datetime, told: Mapping[str, Any]) -> int:
        """Forget the entries before a moment and leave a tombstone; answers how many went."""
        async with self.engine.begin() as connection:
            last = await _last_before(connection, cutoff)
            if last is None:
                return 0
            start = await _start(connection)
            purged = last["number"] - start.number
            stone = {"through": last["number"], "hash": last["hash"], "purged": start.purged + purged}
            await _append(connection, {**told, TOMBSTONE: stone, "deleted": purged})
            await connection.execute(delete(audit_log).where(audit_log.c.number <= last["number"]))
        return purged

    async def verify(self) -> Verified:
        """Walk through the whole log, from its tombstone on."""
        async with self.engine.connect() as connection:
            head, start = await _head(connection), await _start(connection)
            number, before, seen = start.number, start.hash, 0
            while rows := await _page(connection, number):
                for row in rows:
                    if (
                        row["number"] != number + 1
                        or hash_of(before, str(row["number"]), row["body"].encode()) != row["hash"]
                    ):
                        return Verified(seen, start.purged, before, broken=f"entry {row['number']}")
                    number, before, seen = row["number"], row["hash"], seen + 1
        is_whole = (number, before) == (head[0], head[1])
        return Verified(seen, start.purged, before, broken="" if is_whole else "the end")

    async def entries(self, limit: int = 50) -> list[AuditEntry]:
        """The newest entries, newest first."""
        chosen = select(audit_log).order_by(audit_log.c.number.desc()).limit(limit)
        async with self.engine.connect() as connection:
            return [_entry(row) for row in (await connection.execute(chosen)).mappings()]


async def _append(connection: AsyncConnection, told: Mapping[str, Any]) -> None:
    """Raises LeaseLost or IntegrityError when another writer was first."""
    number, before = await _head(connection)
    body = canonical_json(told).decode()
    link = hash_of(before, str(number + 1), body.encode())
    if number:
        own = audit_head.c
        moved = update(audit_head).where(own.id == 1, own.number == number).values(number=number + 1, hash=link)
        if (await connection.execute(moved)).rowcount != 1:
            raise LeaseLost("another writer was first")
    else:
        await connection.execute(insert(audit_head), {"id": 1, "number": 1, "hash": link})
    await connection.execute(insert(audit_log), {"number": number + 1, "at": now(), "body": body, "hash": link})


async def _head(connection: AsyncConnection) -> tuple[int, str]:
    row = (await connection.execute(select(audit_head.c.number, audit_head.c.hash))).one_or_none()
    return (row.number, row.hash) if row else (0, GENESIS)


async def _start(connection: AsyncConnection) -> _Start:
    """What the newest tombstone says; without one, the very beginning."""
    stones = select(audit_log.c.body).where(audit_log.c.body.contains(f'"{TOMBSTONE}":'))
    body = (await connection.execute(stones.order_by(audit_log.c.number.desc()).limit(1))).scalar()
    if body is None:
        return _Start()
    stone = json.loads(body)[TOMBSTONE]
    return _Start(stone["through"], stone["hash"], stone["purged"])


async def _last_before(connection: AsyncConnection, cutoff: datetime) -> RowMapping | None:
    """The newest of the entries that are all older than the cutoff."""
    first_kept = select(func.min(audit_log.c.number)).where(audit_log.c.at >= cutoff).scalar_subquery()
    old = select(audit_log).where(audit_log.c.number < func.coalesce(first_kept, audit_log.c.number + 1))
    return (await connection.execute(old.order_by(audit_log.c.number.desc()).limit(1))).mappings().one_or_none()


async def _page(connection: AsyncConnection, after: int) -> Sequence[RowMapping]:
    chosen = select(audit_log).where(audit_log.c.number > after).order_by(audit_log.c.number).limit(PAGE)
    return (await connection.execute(chosen)).mappings().all()


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(row["number"], row["at"], json.loads(row["body"]), row["hash"])
