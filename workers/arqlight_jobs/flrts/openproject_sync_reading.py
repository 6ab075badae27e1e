"""How reference data is read, and how open work packages are compared with what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.run import Run
from arqlight_jobs.flrts import references
from arqlight_jobs.flrts.applying import UNKNOWN
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.requests import SyncAsked
from arqlight_jobs.flrts.tables.tasks import tasks
from arqlight_jobs.flrts.watermarks import PAGE, Pass, rewind
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject_reading import Collection, Page, WorkPackage

SYNC = "flrts.tasks.sync"

OPEN: list[dict[str, Any]] = [{"status": {"operator": "o", "values": []}}]


@dataclass(frozen=True, slots=True)
class KindReading:
    """Everything of one kind of reference data."""

    run: Run
    opened: Records
    client: httpx.AsyncClient
    kind: str

    @property
    def scope(self) -> str:
        """What the pass is called."""
        return f"reference:{self.kind}"

    async def fetch(self, number: int, since: datetime | None) -> Collection:  # noqa: ARG002 - they tell no changes
        """A page of it."""
        told = (self.kind, number, PAGE, self.run.correlation_id)
        return await openproject.collection(self.client, self.opened.settings, *told)

    async def take(self, connection: AsyncConnection, page: Collection, passing: Pass) -> None:
        """Write it down as of the beginning of the pass: an older pass does not overwrite it."""
        await references.note(connection, self.kind, page.items, passing.started_at)

    async def follow(self, page: Collection) -> None:
        """Nothing follows."""


@dataclass(slots=True)
class DriftReading:
    """All open work packages; the scopes of those that have `drifted` are read anew."""

    run: Run
    opened: Records
    client: httpx.AsyncClient
    scope: str = "drift"
    drifted: set[str] = field(default_factory=set[str])

    async def fetch(self, number: int, since: datetime | None) -> Page:  # noqa: ARG002 - all of them, whenever changed
        """A page of them."""
        return await openproject.page(self.client, self.opened.settings, OPEN, number, PAGE, self.run.correlation_id)

    async def take(self, connection: AsyncConnection, page: Page, passing: Pass) -> None:  # noqa: ARG002 - a Reading's
        """Note that they are there, and let the next pass over a project read those again that have drifted."""
        away = await _drifted(connection, page.items)
        await _seen(connection, page.items)
        for scope in sorted({_scope(one) for one in away}):
            await rewind(connection, scope, min(one.updated_at for one in away if _scope(one) == scope))

    async def follow(self, page: Page) -> None:
        """Have their projects read."""
        async with self.opened.engine.connect() as connection:
            scopes = {_scope(one) for one in await _drifted(connection, page.items)}
        for scope in sorted(scopes - self.drifted):
            await self.run.enqueue(SYNC, SyncAsked(scope, f"{now():%Y%m%d%H%M}d"))
        self.drifted |= scopes


async def _drifted(connection: AsyncConnection, packages: Sequence[WorkPackage]) -> list[WorkPackage]:
    """Those that are not known as open ones, or known as they were before."""
    c = tasks.c
    chosen = select(c.id, c.lock_version).where(c.id.in_([one.id for one in packages]), c.closed.is_(False))
    known: dict[int, int] = dict((await connection.execute(chosen)).all())
    return [one for one in packages if one.project and known.get(one.id, UNKNOWN) < one.lock_version]


async def _seen(connection: AsyncConnection, packages: Sequence[WorkPackage]) -> None:
    """Those of them that are known were seen now."""
    listed = tasks.c.id.in_([one.id for one in packages])
    held = select(tasks.c.id).where(listed).order_by(tasks.c.id).with_for_update()  # lest two wait for each other
    await connection.execute(held)
    await connection.execute(update(tasks).where(listed).values(seen_at=now()))


def _scope(package: WorkPackage) -> str:
    return f"project:{package.project}"
