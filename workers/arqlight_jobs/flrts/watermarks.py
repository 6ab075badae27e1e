"""How far OpenProject's lists are read: page by page, and a watermark for each scope that a whole pass alone moves.

A pass goes on where its job's run before was cut off. Another job begins anew; a run that is over writes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import monotonic, now
from arqlight_core.errors import LeaseLost, Signal, Snooze
from arqlight_core.policy import MINUTE, SECOND
from arqlight_core.run import Run
from arqlight_jobs.flrts.tables.passes import passes
from arqlight_jobs.flrts.tables.tasks import watermarks
from arqlight_jobs.outbound.outbox import Holding
from arqlight_jobs.outbound.rows import put_if_new, put_or_change

OVERLAP = MINUTE
"""How far before the watermark a pass begins: what was being written then may have come to be seen later."""

SHARE_S = 15.0
"""Seconds that one run reads pages, half of its timeout: the next run reads the rest."""

PAGE = 200
"""Things that are asked for at once; OpenProject may give less."""


class Listed(Protocol):
    """A page of a list."""

    @property
    def total(self) -> int:
        """How many there are on all pages."""
        ...

    @property
    def items(self) -> list[Any]:
        """Those on this one."""
        ...


P = TypeVar("P", bound=Listed)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass as it stands: `page` is the last one read, with `seen` things up to it, the `latest` change among them."""

    scope: str
    job_id: str
    fence: int
    since: datetime | None
    """Where the watermark stood when it began; None when there was none."""
    started_at: datetime
    page: int = 0
    seen: int = 0
    total: int = 0
    latest: datetime | None = None
    done: bool = False

    @property
    def pages(self) -> int:
        """How many there are, as far as it is known."""
        return self.page + -(-max(self.total - self.seen, 0) // PAGE)

    def past(self, page: Listed, latest: datetime | None) -> "Pass":
        """The same when this page is read; from the first page again when things have gone from the list meanwhile.

        What went from a page that is read moves the others up: one of them would be on no page.
        """
        changes = [moment for moment in (self.latest, latest) if moment]
        known = replace(self, total=page.total, latest=max(changes, default=None))
        if self.page and page.total < self.total:
            return replace(known, page=0, seen=0)
        seen = self.seen + len(page.items)
        return replace(known, page=self.page + 1, seen=seen, done=seen >= page.total or not page.items)


class Reading(Protocol[P]):
    """How a list is read."""

    @property
    def scope(self) -> str:
        """What the pass over it is called."""
        ...

    async def fetch(self, number: int, since: datetime | None) -> P:
        """The page of that number, from 1, of what has changed since then."""
        ...

    async def take(self, connection: AsyncConnection, page: P, passing: Pass) -> datetime | None:
        """Keep what is on it, in the transaction that notes it as read; the latest change among it."""
        ...

    async def follow(self, page: P) -> None:
        """See to what follows from it, after that."""
        ...


async def read_through(run: Run, engine: AsyncEngine, reading: Reading[P], until: float) -> Pass:
    """The pass over a list, done. Raises Snooze at the end of the run's share, and what reading raises.

    `until` is the moment of the monotonic clock at which the rest is left to the next run.
    """
    passing = await _begin(engine, reading.scope, run)
    while not passing.done:
        page = await reading.fetch(passing.page + 1, passing.since)
        async with engine.begin() as connection:
            after = passing.past(page, await reading.take(connection, page, passing))
            await _reached(connection, after)
        await reading.follow(page)
        passing = after
        run.progress(passing.page, passing.pages, "pages")
        if not passing.done and monotonic() > until:
            raise Snooze(SECOND, f"{passing.pages - passing.page} pages of {passing.scope} are left to the next run")
    return passing


def share() -> float:
    """Until when a run that begins now reads pages."""
    return monotonic() + SHARE_S


# ------------------------------------------------------------------ watermarks


async def move(engine: AsyncEngine, passing: Pass) -> datetime | None:
    """Where the watermark stands after a whole pass; None when there is none yet.

    What was changed while the pass was under way may not be in it: the mark stops at its beginning. It stops at the
    latest change that was seen, too, for that is told by OpenProject's clock and the beginning by ours. Where somebody
    has moved it meanwhile, it stays.
    """
    to = min(passing.started_at, passing.latest) if passing.latest else None
    async with engine.begin() as connection:
        if to is not None and passing.since is None:
            await put_if_new(connection, watermarks, {"scope": passing.scope, "at": to})
        elif to is not None:
            seen = watermarks.c.scope == passing.scope, watermarks.c.at == passing.since, watermarks.c.at < to
            await connection.execute(update(watermarks).where(*seen).values(at=to))
        return await watermark(connection, passing.scope)


async def rewind(connection: AsyncConnection, scope: str, to: datetime) -> None:
    """Let the next pass over the scope begin as early as then."""
    later = watermarks.c.scope == scope, watermarks.c.at > to
    await connection.execute(update(watermarks).where(*later).values(at=to))


async def watermark(connection: AsyncConnection, scope: str) -> datetime | None:
    """Up to when the changes of a scope are read."""
    return (await connection.execute(select(watermarks.c.at).where(watermarks.c.scope == scope))).scalar_one_or_none()


# ------------------------------------------------------------------ passes


async def _begin(engine: AsyncEngine, scope: str, run: Holding) -> Pass:
    """The pass over a scope, in the hands of this run. Raises LeaseLost when a later run of its job has it."""
    async with engine.begin() as connection:
        mine = passes.c.scope == scope, passes.c.job_id == run.job_id
        taken = update(passes).where(*mine, passes.c.fence <= run.fence).values(fence=run.fence).returning(passes)
        row = (await connection.execute(taken)).mappings().one_or_none()
        if row is not None:
            return Pass(**row)
        if await _holder(connection, scope) == run.job_id:
            raise LeaseLost(f"a later run reads {scope}")
        fresh = Pass(scope, run.job_id, run.fence, await watermark(connection, scope), now())
        await put_or_change(connection, passes, _row(fresh), _row(fresh))
        return fresh


async def _reached(connection: AsyncConnection, passing: Pass) -> None:
    own = passes.c.scope == passing.scope, passes.c.job_id == passing.job_id, passes.c.fence == passing.fence
    if (await connection.execute(update(passes).where(*own).values(**_row(passing)))).rowcount == 0:
        raise _lost(passing, await _holder(connection, passing.scope))


def _lost(passing: Pass, holder: str | None) -> Signal | LeaseLost:
    if holder == passing.job_id:
        return LeaseLost(f"a later run reads {passing.scope}")
    return Snooze(MINUTE, f"another job reads {passing.scope}")


async def _holder(connection: AsyncConnection, scope: str) -> str | None:
    return (await connection.execute(select(passes.c.job_id).where(passes.c.scope == scope))).scalar_one_or_none()


def _row(passing: Pass) -> dict[str, Any]:
    return {name: getattr(passing, name) for name in Pass.__slots__}
