"""A tenant with campaigns, and runs of their coordinator on real records."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.errors import Snooze
from arqlight_core.settings import Settings
from arqlight_jobs.crm import campaign
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.recipients import settled
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import CampaignAsked
from arqlight_jobs.crm.tables.people import contacts
from tests.running import FakeRun
from tests.unit.crm.post import SENDER, TENANT, contact_row, people

R = RecipientState
EVERYONE = {"everyone": True}
TEMPLATE = Content("template", TENANT, Kind.TEMPLATE, {"name": "hello", "language": "en", "marketing": True})


@dataclass
class Desk:
    """Campaigns of a tenant, and runs of their coordinator."""

    settings: Settings
    engine: AsyncEngine
    percents: list[int] = field(default_factory=list[int])
    queued: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])

    @property
    def here(self) -> Campaigns:
        return Campaigns(self.engine)

    async def create(self, audience: dict[str, Any] | None = None, *, start: bool = True, **told: Any) -> None:
        plain: dict[str, Any] = {"channel": "whatsapp", "sender": SENDER, "content": "template", **told}
        await self.here.create(id="c", tenant=TENANT, name="C", audience=audience or EVERYONE, **plain)
        if start:
            await self.here.move("c", (CampaignState.DRAFT,), CampaignState.RUNNING)

    async def run(self) -> Any:
        """One run: what it returned, or the snooze's words. Raises Discard."""
        run = FakeRun(self.settings)
        async with run.stack:
            try:
                return await campaign.run_campaign.handler(run, CampaignAsked("c"))
            except Snooze as put_off:
                return str(put_off)
            finally:
                self.percents += run.percents
                self.queued += run.queued

    async def counts(self) -> dict[str, int]:
        return {str(state): many for state, many in (await self.here.counts("c")).items() if many}

    async def state(self) -> CampaignState:
        return (await self.here.find("c")).state

    async def end(self, state: RecipientState, many: int) -> None:
        """So many of those that are queued end so."""
        for one in await self.here.recipients("c", R.QUEUED, many):
            await settled(self.engine, "c", one.contact, state, f"as {state}")


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncGenerator[Desk]:
    """On empty records."""
    async with records(settings) as opened:
        await people(opened.engine)
        yield Desk(settings, opened.engine)


def many(count: int, **told: Any) -> list[dict[str, Any]]:
    return [contact_row(f"c{one:04}", f"+1514{5550000 + one}", **told) for one in range(count)]


async def add(desk: Desk, *rows: dict[str, Any]) -> None:
    async with desk.engine.begin() as connection:
        await connection.execute(insert(contacts), list(rows))
