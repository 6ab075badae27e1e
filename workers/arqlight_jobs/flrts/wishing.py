"""Tasks that people have asked for, on record until they are made: who has waited for one in vain is told.

A job that was lost with Redis, was purged, or is dead of its deadline tells nobody itself.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.policy import DAY
from arqlight_jobs.flrts.requests import TaskAsked
from arqlight_jobs.flrts.tables.wishes import wishes
from arqlight_jobs.outbound.rows import put_if_new, put_or_change

WITHIN = DAY
"""How long somebody waits for a task at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A task that somebody still waits for; `mark` is the word by which it would be found again."""

    mark: str
    user: str
    title: str


async def wish(connection: AsyncConnection, asked: TaskAsked, mark: str) -> None:
    """Note that somebody waits for it from now on; a wish that is over stays so."""
    row = {"mark": mark, "user": asked.user, "title": asked.title, "over": False, "until": now() + WITHIN}
    await put_if_new(connection, wishes, row)


async def over(connection: AsyncConnection, mark: str, user: str) -> None:
    """Note that the user knows how it has ended, by the transaction that sees to it."""
    ended = {"title": "", "over": True}
    await put_or_change(connection, wishes, {"mark": mark, "user": user, **ended, "until": now()}, ended)


async def in_vain(engine: AsyncEngine, after: timedelta, limit: int) -> list[Wish]:
    """Those that were to be over so long ago, the oldest first."""
    c = wishes.c
    chosen = select(c.mark, c.user, c.title).where(c.until < now() - after, c.over.is_(False))
    async with engine.connect() as connection:
        rows = await connection.execute(chosen.order_by(c.until, c.mark).limit(limit))
        return [Wish(*row) for row in rows]
