"""Work on a file that is on record: who has it in hand, and every write of it refused once another has.

The row holds the fence of its owner. A transaction begins by updating that row under the writer's own fence: the
update locks it, so no two owners interleave, and finds nothing once a higher fence stands there.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost
from arqlight_core.policy import RetryPolicy, gives_up
from arqlight_jobs.tabular.faults import FileUnusable


class Status(StrEnum):
    """Where the work stands."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


OPEN = (Status.QUEUED, Status.WORKING)


@dataclass(frozen=True, slots=True)
class Custody:
    """One run's hold on one row. Every method but `taken` raises LeaseLost when it has another owner or has ended."""

    engine: AsyncEngine
    table: Table
    id: str
    fence: int

    async def taken(self) -> RowMapping:
        """Take it over, unless it has ended, and answer the row. Raises Discard without one, LeaseLost when outrun."""
        own = self.table.c
        mine = update(self.table).where(own.id == self.id, own.fence < self.fence, own.status.in_(OPEN))
        begun = mine.values(status=Status.WORKING, fence=self.fence, attempt=own.attempt + 1, error="")
        async with self.engine.begin() as connection:
            changed = (await connection.execute(begun)).rowcount
            row = (await connection.execute(select(self.table).where(own.id == self.id))).mappings().one_or_none()
        if row is None:
            raise Discard(f"{self.id} is not on record")
        if not changed and row["status"] in OPEN:
            raise LeaseLost(f"{self.id} has a newer owner")
        return row

    @asynccontextmanager
    async def owned(self, **values: Any) -> AsyncGenerator[AsyncConnection]:
        """A transaction that begins with these values in the row."""
        own = self.table.c
        mine = update(self.table).where(own.id == self.id, own.fence == self.fence, own.status.in_(OPEN))
        async with self.engine.begin() as connection:
            if (await connection.execute(mine.values(fence=self.fence, **values))).rowcount != 1:
                raise LeaseLost(f"{self.id} has a newer owner or has ended")
            yield connection

    async def ended(self, status: Status, error: str = "", **values: Any) -> None:
        """End it, well or for good."""
        async with self.owned(status=status, error=error, finished_at=now(), **values):
            pass

    async def carried_out(
        self, attempt: int, retry: RetryPolicy, limit: timedelta, work: Coroutine[Any, Any, None]
    ) -> RowMapping:
        """The row when the work is done, or cannot be. Raises what the work raises where another attempt follows.

        `limit` is below the job's timeout, which cancels: only so can a last failure still be recorded.
        """
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await work
        except LeaseLost:
            raise
        except (FileUnusable, Discard) as problem:
            await self.ended(Status.FAILED, str(problem))
        except Exception as problem:
            if gives_up(retry, attempt, problem):
                # The kind of the error alone: its message might quote a cell.
                told = f"Gave up after {attempt} attempts; the last one ended with {type(problem).__name__}."
                await self.ended(Status.FAILED, told)
            raise
        return await self.row()

    async def row(self) -> RowMapping:
        """The row as it is now."""
        async with self.engine.connect() as connection:
            return (await connection.execute(select(self.table).where(self.table.c.id == self.id))).mappings().one()
