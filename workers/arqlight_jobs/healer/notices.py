"""What people are told: each notice kept, those that say the same within ten minutes only counted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import MINUTE
from arqlight_jobs.healer.request import HEX_DIGITS
from arqlight_jobs.healer.tables import LONGEST_FINGERPRINT, inbox, notices

QUIET = 10 * MINUTE
"""How long the same is not told again."""

MOST_LISTED = 500


class NoticeUnknown(UsageError):
    """There is no notice of that id."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something to be told. `opening` is the job that wants it: run again, it makes no other notice."""

    kind: str
    subject: str
    fingerprint: str
    severity: str
    title: str
    text: str
    opening: str
    table: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is kept."""

    id: str
    kind: str
    """alert, escalation or report."""
    subject: str
    fingerprint: str
    severity: str
    title: str
    text: str
    table: str
    """CSV, of a report."""
    facts: Mapping[str, Any]
    created_at: datetime
    repeats: int
    """How often the same came again since, and was not sent."""
    acknowledged_at: datetime | None
    acknowledged_by: str


_READ = [notices.c[one.name] for one in fields(Notice)]


@dataclass(frozen=True, slots=True)
class Notices:
    """The notices of a database."""

    engine: AsyncEngine

    async def raised(self, wish: Wish) -> Notice | None:
        """The notice to be sent; None when the same was told within ten minutes: then it is counted there."""
        if known := await self._one(select(*_READ).where(notices.c.opening == wish.opening)):
            return known
        try:
            async with self.engine.begin() as connection:
                before = await _newest(connection, wish.fingerprint)
                at = now()
                if before and at - before.created_at < QUIET:
                    await _count(connection, before, wish.opening)
                    return None
                await connection.execute(insert(notices), _row(wish, before, at))
        except IntegrityError:  # an older run of the same job was faster
            pass
        return await self._one(select(*_READ).where(notices.c.opening == wish.opening))

    async def find(self, notice_id: str) -> Notice:
        """The notice. Raises NoticeUnknown."""
        if found := await self._one(select(*_READ).where(notices.c.id == notice_id)):
            return found
        raise NoticeUnknown(f"There is no notice {notice_id}; `arqlight notices` shows them.")

    async def listed(self, *, open_only: bool = False, limit: int = 50) -> list[Notice]:
        """Notices, newest first; `open_only`: those that nobody has acknowledged."""
        chosen = select(*_READ).order_by(notices.c.created_at.desc(), notices.c.id)
        if open_only:
            chosen = chosen.where(notices.c.acknowledged_at.is_(None))
        return await self._many(chosen.limit(min(limit, MOST_LISTED)))

    async def newest_of(self, kind: str) -> Notice | None:
        """The newest notice of a kind."""
        return await self._one(select(*_READ).where(notices.c.kind == kind).order_by(notices.c.created_at.desc()))

    async def is_acknowledged(self, fingerprint: str) -> bool:
        """Whether somebody has what this is about in hand."""
        said = select(*_READ).where(notices.c.fingerprint == fingerprint, notices.c.acknowledged_at.is_not(None))
        return await self._one(said) is not None

    async def acknowledge(self, told: str, by: str) -> list[Notice]:
        """Note who has it in hand: a notice by its id, or an incident by its own. Raises NoticeUnknown."""
        own = notices.c
        found = await self._many(select(*_READ).where(or_(own.id == told, own.fingerprint == incident_mark(told))))
        if not found:
            raise NoticeUnknown(
                f"There is no notice {told}, nor one of an incident {told}; `arqlight notices` shows them."
            )
        same = own.fingerprint == found[0].fingerprint
        async with self.engine.begin() as connection:
            values = {"acknowledged_at": now(), "acknowledged_by": by}
            await connection.execute(update(notices).where(same, own.acknowledged_at.is_(None)).values(**values))
        return await self._many(select(*_READ).where(same).order_by(own.created_at.desc()))

    async def put_into_inbox(self, notice: Notice, effect_key: str) -> None:
        """Show the notice in the control room, once."""
        try:
            async with self.engine.begin() as connection:
                row = {"effect_key": effect_key, "notice_id": notice.id, "at": now()}
                await connection.execute(insert(inbox), row)
        except IntegrityError:
            return  # it is there

    async def _one(self, chosen: Select[Any]) -> Notice | None:
        return next(iter(await self._many(chosen.limit(1))), None)

    async def _many(self, chosen: Select[Any]) -> list[Notice]:
        async with self.engine.connect() as connection:
            return [_notice(row) for row in (await connection.execute(chosen)).mappings()]


def incident_mark(incident_id: str) -> str:
    """What all notices of an incident share."""
    return f"incident:{incident_id}"


async def _newest(connection: AsyncConnection, fingerprint: str) -> Notice | None:
    chosen = select(*_READ).where(notices.c.fingerprint == fingerprint).order_by(notices.c.created_at.desc()).limit(1)
    row = (await connection.execute(chosen)).mappings().first()
    return _notice(row) if row else None


async def _count(connection: AsyncConnection, before: Notice, job_id: str) -> None:
    """One more of the same; a job that runs again counts once."""
    own = notices.c
    more = update(notices).where(own.id == before.id, own.repeated_by != job_id)
    await connection.execute(more.values(repeats=own.repeats + 1, repeated_by=job_id))


def _row(wish: Wish, before: Notice | None, at: datetime) -> dict[str, Any]:
    text = wish.text
    if before and before.repeats:
        times = "once" if before.repeats == 1 else f"{before.repeats} times"
        text = f"{text}\nIt came {times} more since {before.created_at:%H:%M} UTC, which was not sent.".lstrip()
    return {
        "id": uuid.uuid4().hex[:HEX_DIGITS],
        "kind": wish.kind,
        "subject": wish.subject[:LONGEST_FINGERPRINT],
        "fingerprint": wish.fingerprint[:LONGEST_FINGERPRINT],
        "severity": wish.severity,
        "title": wish.title,
        "text": text,
        "table": wish.table,
        "facts": dict(wish.facts),
        "opening": wish.opening,
        "created_at": at,
        "repeats": 0,
        "repeated_by": "",
        "acknowledged_by": "",
    }


def _notice(row: RowMapping) -> Notice:
    told: dict[str, Any] = dict(row)
    return Notice(**told)
