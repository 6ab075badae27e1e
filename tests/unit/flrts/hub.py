"""A task hub with the services it needs on loopback, a user with a chat, and runs of its jobs without a fleet."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Table, select

from arqlight.demo.world.n8n import N8n
from arqlight.demo.world.openproject import OpenProject
from arqlight.demo.world.stand_in import Answer, StandIn, standing
from arqlight.demo.world.telegram import Telegram
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.tables import metadata, people
from arqlight_jobs.outbound import effects
from tests.running import FakeRun

ANN, CHAT, ANN_THERE = "ann", "777", 5
"""Who she is to us, at Telegram and at OpenProject."""


def _nobody() -> StandIn:
    return StandIn(lambda _: Answer(404))


@dataclass
class World:
    """The services: `at_…` is where each is served, and what it was asked."""

    openproject: OpenProject = field(default_factory=OpenProject)
    telegram: Telegram = field(default_factory=Telegram)
    n8n: N8n = field(default_factory=N8n)
    at_openproject: StandIn = field(default_factory=_nobody)
    at_telegram: StandIn = field(default_factory=_nobody)
    at_n8n: StandIn = field(default_factory=_nobody)

    def settings(self, base: Settings) -> Settings:
        """The base with the ways to all of them."""
        return msgspec.structs.replace(
            base,
            openproject_base_url=self.at_openproject.url,
            openproject_api_key=self.openproject.key,
            n8n_webhook_url=f"{self.at_n8n.url}/webhook",
            telegram_base_url=self.at_telegram.url,
            telegram_bot_token=self.telegram.token,
        )


@asynccontextmanager
async def services() -> AsyncGenerator[World]:
    """All of them, served. The workflow of n8n makes its tasks in the same OpenProject."""
    world = World()
    world.n8n.openproject = world.openproject
    async with (
        standing(world.openproject.stand_in()) as world.at_openproject,
        standing(world.telegram.stand_in()) as world.at_telegram,
        standing(world.n8n.stand_in()) as world.at_n8n,
    ):
        yield world


@dataclass
class Hub:
    """Its records, with `ann` in them, and runs of its jobs."""

    world: World
    first: FakeRun
    records: Records
    fences: int = 0

    @classmethod
    async def of(cls, world: World, base: Settings) -> "Hub":
        """One whose tables are empty but for her."""
        first = FakeRun(world.settings(base))
        opened, _ = await first.open(records), await first.open(effects.outbox)
        async with opened.engine.begin() as connection:
            for table in [*reversed(metadata.sorted_tables), effects.effects]:
                await connection.execute(table.delete())
        hub = cls(world, first, opened)
        await hub.meet(ANN, CHAT, ANN_THERE)
        return hub

    @property
    def settings(self) -> Settings:
        """Of all its runs."""
        return self.first.settings

    async def meet(self, user: str, chat: str = "", openproject_id: int | None = None, zone: str = "UTC") -> None:
        """Somebody else is known, with a chat if one is given."""
        told: dict[str, Any] = {"id": user, "timezone": zone, "email": "", "openproject_id": openproject_id}
        async with self.records.engine.begin() as connection:
            await connection.execute(people.users.insert().values(**told, created_at=now()))
            if chat:
                linked = {"id": chat, "user": user, "active": True, "inactive_because": "", "linked_at": now()}
                await connection.execute(people.chats.insert().values(**linked))

    def run(self, job_id: str = "a-job", *, attempt: int = 1, fence: int = 0) -> FakeRun:
        """A new run of a job; later ones have higher fences. It opens what the others have opened."""
        self.fences += 1
        made = FakeRun(self.settings, fence=fence or self.fences, attempt=attempt, job_id=job_id)
        made.open = self.first.open
        return made

    def set(self, **settings: Any) -> None:
        """Other settings for the runs to come, and for the records that they share."""
        self.first.settings = msgspec.structs.replace(self.settings, **settings)
        object.__setattr__(self.records, "settings", self.first.settings)

    async def rows(self, table: Table, *order: str) -> list[dict[str, Any]]:
        """What stands in a table."""
        chosen = select(table).order_by(*(table.c[name] for name in order))
        async with self.records.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(chosen)).mappings()]
