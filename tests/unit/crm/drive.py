"""A campaign drive: a tenant with a sender and a content, and campaigns whose recipients are put into any state."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select

from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.answers import Known, opened
from arqlight_jobs.crm.campaigns import Campaign, Campaigns, CampaignState, RecipientState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.people import Tenant
from arqlight_jobs.crm.registration import Registry
from arqlight_jobs.crm.tables.messaging import recipients

RUNNING = CampaignState.RUNNING


@dataclass(frozen=True, slots=True)
class Drive:
    """The records of acme, and what is done to its campaigns."""

    known: Known

    @property
    def told(self) -> Campaigns:
        return Campaigns(self.known.engine)

    async def draft(self, campaign: str = "spring") -> Campaign:
        return await self.told.create(
            id=campaign,
            tenant="acme",
            name=campaign,
            channel="whatsapp",
            sender="10655510",
            content="hello",
            audience={"everyone": True},
        )

    async def running(self, campaign: str = "spring") -> Campaign:
        await self.draft(campaign)
        assert await self.told.move(campaign, (CampaignState.DRAFT,), RUNNING, "ada started it")
        return await self.told.find(campaign)

    async def recipients(
        self, campaign: str, state: RecipientState, many: int, *, reason: str = "", ago: timedelta = timedelta(0)
    ) -> None:
        """So many more recipients in a state since a while ago."""
        async with self.known.engine.begin() as connection:
            mine = select(recipients.c.contact).where(recipients.c.campaign == campaign)
            first = len((await connection.execute(mine)).all())
            told = {"campaign": campaign, "state": state, "reason": reason, "round": 0, "at": now() - ago}
            rows = [{**told, "contact": f"c{first + place:06}"} for place in range(many)]
            await connection.execute(insert(recipients), rows)


@asynccontextmanager
async def a_drive(settings: Settings) -> AsyncGenerator[Drive]:
    """Acme, with nobody to write to yet."""
    async with opened(settings) as known:
        registry = Registry(known.engine)
        await registry.add(Tenant("acme", "Acme", "CH", "smtp", ""))
        await registry.put_sender("acme", "10655510", 250)
        await registry.put_content(Content("hello", "acme", Kind.TEMPLATE, {"name": "hello", "language": "de"}))
        yield Drive(known)
