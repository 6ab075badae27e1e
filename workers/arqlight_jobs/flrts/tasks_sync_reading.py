"""How work packages are read for the mirror: by pages, each laid over it in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.run import Run
from arqlight_jobs.flrts import references
from arqlight_jobs.flrts.applying import Came, follow, lay
from arqlight_jobs.flrts.people import user_of
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.flrts.tables import tasks as tables
from arqlight_jobs.flrts.watermarks import OVERLAP, PAGE, Pass
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject_reading import Page, WorkPackage

Filter = dict[str, Any]

ANY_STATUS: Filter = {"status": {"operator": "*", "values": []}}
"""Without a word about it, OpenProject lists open ones only."""

MOST_STATUSES = 1000
"""More than anybody has: OpenProject lists them on one page."""


@dataclass(slots=True)
class TasksReading:
    """Those of a scope; `own` is the project's id there, or the assignee's."""

    run: Run
    opened: Records
    client: httpx.AsyncClient
    scope: str
    own: str
    changed: int = 0
    """How many were not known as they are now."""

    async def fetch(self, number: int, since: datetime | None) -> Page:
        """A page of them by their ids, so that one that is changed meanwhile stays where it is."""
        settings, correlation = self.opened.settings, self.run.correlation_id
        page = await openproject.page(self.client, settings, self._filters(since), number, PAGE, correlation)
        await self._know_statuses(page.items)
        return page

    async def take(self, connection: AsyncConnection, page: Page, passing: Pass) -> datetime | None:
        """Lay them over the mirror. One that is not known is taken for new, but in the first pass of all."""
        for one in sorted(page.items, key=lambda one: one.id):  # two that write the same must not wait for each other
            came = await lay(connection, one, is_fresh=passing.since is not None)
            self.changed += came is Came.APPLIED
        return max((one.updated_at for one in page.items), default=None)

    async def follow(self, page: Page) -> None:
        """Plan reminders, and tell people."""
        await follow(self.run, self.opened.engine, page.items)

    def _filters(self, since: datetime | None) -> list[Filter]:
        name = "project" if self.scope.startswith("project:") else "assignee"
        own: Filter = {name: {"operator": "=", "values": [self.own]}}
        if since is None:
            return [own, ANY_STATUS]
        begin = f"{(since - OVERLAP).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return [own, ANY_STATUS, {"updatedAt": {"operator": "<>d", "values": [begin, ""]}}]

    async def _know_statuses(self, packages: Sequence[WorkPackage]) -> None:
        """A list does not say whether a task is closed: its status does, and which ones do is read when it is new."""
        met = {one.status_id for one in packages if one.closed is None}
        c = tables.references.c
        async with self.opened.engine.connect() as connection:
            known = (await connection.execute(select(c.id).where(c.kind == "status", c.id.in_(met)))).scalars()
            new = met - set(known)
        if new:
            at = now()
            told = await openproject.collection(self.client, self.opened.settings, "status", 1, MOST_STATUSES)
            async with self.opened.engine.begin() as connection:
                await references.note(connection, "status", told.items, at)


async def assignee_of(connection: AsyncConnection, user: str) -> int:
    """Who the user is at OpenProject. Raises Discard for nobody."""
    found = await user_of(connection, user)
    if found.openproject_id is None:
        raise Discard(f"the user {user} is nobody at OpenProject")
    return found.openproject_id
