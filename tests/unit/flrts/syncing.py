"""OpenProject on loopback, the records of the task hub, and runs of the jobs that read from it, without a fleet."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, insert, select, update

from arqlight.demo.world.openproject import KEY, OpenProject
from arqlight.demo.world.openproject_webhooks import Webhooks
from arqlight.demo.world.stand_in import Call, StandIn, standing
from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import hooks, openproject_sync_reading, tasks_sync_reading, watermarks
from arqlight_jobs.flrts.openproject_sync import look
from arqlight_jobs.flrts.openproject_webhook import heed
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.requests import HookCame, ReferenceAsked, RemindersAsked, SyncAsked
from arqlight_jobs.flrts.tables import metadata, people
from arqlight_jobs.flrts.tables import tasks as of_tasks
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tasks_sync import sync
from tests.running import FakeRun

ANN, BOB = 5, 6
"""Who they are at OpenProject."""

SECRET = "planted-webhook-secret"  # noqa: S105 - it opens nothing
HOUSEHOLD = "project:1"
LIST = "/api/v3/work_packages"


@dataclass
class Scene:
    """What there is; each run is a run of a job of its own unless a job id is given."""

    project: OpenProject
    there: StandIn
    first: FakeRun
    records: Records
    webhooks: Webhooks = field(default_factory=lambda: Webhooks(SECRET))
    count: int = 0

    @property
    def settings(self) -> Settings:
        return self.records.settings

    def next_run(self, job_id: str = "", fence: int = 0) -> FakeRun:
        self.count += 1
        made = FakeRun(self.settings, fence=fence or self.count, job_id=job_id or f"job-{self.count}")
        made.open = self.first.open
        return made

    async def run(self, job: JobType[Any], asked: Any, **how: Any) -> tuple[Any, list[tuple[str, Any]]]:
        """What it came to, and what it queued."""
        run = self.next_run(**how)
        return await job.handler(run, asked), run.queued

    async def sync(self, scope: str = HOUSEHOLD, **how: Any) -> tuple[Any, list[tuple[str, Any]]]:
        return await self.run(sync, SyncAsked(scope, "202603010900"), **how)

    async def look(self, **how: Any) -> tuple[Any, list[tuple[str, Any]]]:
        return await self.run(look, ReferenceAsked(), **how)

    async def posted(self, task: int, event: str = "updated") -> tuple[Any, list[tuple[str, Any]]]:
        """What a post of how the task is now came to."""
        return await self.heeded(self.webhooks.post(self.project.told(task), event))

    async def heeded(self, post: Any, **how: Any) -> tuple[Any, list[tuple[str, Any]]]:
        taken = await hooks.accept(self.records, post.body, post.headers)
        return await self.run(heed, HookCame(taken.digest), **how)

    # ------------------------------------------------------------------ the database

    async def rows(self, table: Table, *order: str) -> list[dict[str, Any]]:
        chosen = select(table).order_by(*(table.c[name] for name in order))
        async with self.records.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(chosen)).mappings()]

    async def add(self, table: Table, **row: Any) -> None:
        async with self.records.engine.begin() as connection:
            await connection.execute(insert(table), row)

    async def change(self, table: Table, **values: Any) -> None:
        async with self.records.engine.begin() as connection:
            await connection.execute(update(table).values(**values))

    async def empty(self, *tables: Table) -> None:
        async with self.records.engine.begin() as connection:
            for table in tables:
                await connection.execute(table.delete())

    async def task(self, number: int) -> dict[str, Any]:
        [found] = [row for row in await self.rows(of_tasks.tasks) if row["id"] == number]
        return found

    async def subjects(self) -> list[str]:
        return [row["subject"] for row in await self.rows(of_tasks.tasks, "id")]

    async def watermark(self, scope: str = HOUSEHOLD) -> Any:
        return {row["scope"]: row["at"] for row in await self.rows(of_tasks.watermarks)}.get(scope)

    async def said(self) -> list[tuple[str, str]]:
        return [(row["user"], row["text"]) for row in await self.rows(messages, "at", "id")]


def two_to_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (watermarks, tasks_sync_reading, openproject_sync_reading):
        monkeypatch.setattr(module, "PAGE", 2)


def make(scene: Scene, many: int, **fields: Any) -> list[str]:
    """Their subjects."""
    return [scene.project.make(f"task {number}", **fields).subject for number in range(1, many + 1)]


def listed(scene: Scene) -> list[Call]:
    return [call for call in scene.there.calls if call.path == LIST]


def age(scene: Scene, by: timedelta) -> None:
    """As if everything had been done there so much earlier."""
    for package in scene.project.packages.values():
        package.updated -= by


def reminded(queued: list[tuple[str, Any]]) -> list[RemindersAsked]:
    """The plans of reminders that were asked for."""
    return [asked for _, asked in queued if isinstance(asked, RemindersAsked)]


def synced(queued: list[tuple[str, Any]]) -> list[str]:
    """The scopes that are to be read."""
    return [asked.scope for _, asked in queued if isinstance(asked, SyncAsked)]


@asynccontextmanager
async def scene_of(settings: Settings) -> AsyncGenerator[Scene]:
    """On the database of these settings, emptied; Ann and Bob are users of the hub."""
    project = OpenProject()
    async with standing(project.stand_in()) as there:
        told = msgspec.structs.replace(
            settings, openproject_base_url=there.url, openproject_api_key=KEY, openproject_webhook_secret=SECRET
        )
        first = FakeRun(told)
        async with first.stack:
            opened = await first.open(records)
            made = Scene(project, there, first, opened)
            await made.empty(*reversed(metadata.sorted_tables))
            for name, own in (("ann", ANN), ("bob", BOB)):
                row = {"id": name, "timezone": "UTC", "email": "", "openproject_id": own, "created_at": now()}
                await made.add(people.users, **row)
            yield made
