"""A tenant with an endpoint, a receiver behind it, and runs of the job that posts to it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import insert, update

from arqlight.demo.world.receiver import receiver
from arqlight.demo.world.stand_in import StandIn, standing
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.deliveries import Deliveries, publish
from arqlight_jobs.crm.endpoints import Endpoint, Endpoints
from arqlight_jobs.crm.events import Event
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import DeliveryAsked
from arqlight_jobs.crm.tables.people import tenants, users
from arqlight_jobs.crm.tables.webhooks import deliveries, endpoints
from arqlight_jobs.crm.webhook import deliver
from tests.running import FakeRun

PLANTED = "+15145550199"
"""A contact's number in the events of these tests."""


def an_event(number: int = 1, **told: Any) -> Event:
    data = {"contact": f"c-{number}", "phone": PLANTED}
    made = Event(tenant="acme", id=f"e-{number}", type="contact.created", at=now(), data=data)
    return msgspec.structs.replace(made, **told)


async def a_tenant(held: Records, name: str = "acme", people: int = 2) -> None:
    row = {"id": name, "name": name, "region": "CA", "mail_by": "smtp", "mail_from": "", "created_at": now()}
    user: dict[str, Any] = {"tenant": name, "email": f"u@{name}.test", "channels": []}
    user |= {"quiet_from": "", "quiet_to": "", "timezone": "UTC"}
    async with held.engine.begin() as connection:
        await connection.execute(insert(tenants), row)
        if people:
            await connection.execute(insert(users), [{"id": f"{name}-{n}", **user} for n in range(people)])


class Hooks:
    """One tenant, its receiver, and the endpoint that leads there."""

    def __init__(self, settings: Settings, held: Records, there: StandIn) -> None:
        self.settings, self.held, self.there = settings, held, there
        self.first = FakeRun(settings)
        self.fence = 0
        self.secrets: list[str] = []

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.held)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.held.engine)

    async def endpoint(self, *types: str) -> Endpoint:
        made, secret = await self.endpoints.add("acme", f"{self.there.url}/hooks", types)
        self.secrets.append(secret)
        self.there.answer = receiver(*self.secrets).answer
        return made

    async def published(self, **told: Any) -> DeliveryAsked:
        [asked] = await publish(self.held.engine, an_event(**told))
        return asked

    def run(self, attempt: int = 1, fence: int = 0) -> FakeRun:
        self.fence += 1
        made = FakeRun(self.settings, fence=fence or self.fence, attempt=attempt)
        made.open = self.first.open
        return made

    async def attempt(self, asked: DeliveryAsked, number: int = 1) -> Mapping[str, Any]:
        return await deliver.handler(self.run(number), asked)

    async def change_endpoint(self, **values: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(update(endpoints).values(**values))

    async def change_delivery(self, **values: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(update(deliveries).values(**values))

    async def rested(self) -> None:
        """Let the time of rest be over."""
        await self.change_endpoint(not_before=None)


@asynccontextmanager
async def hooked(settings: Settings) -> AsyncGenerator[Hooks]:
    """All of it, in an empty database."""
    async with records(settings) as held, standing(receiver()) as there:
        await a_tenant(held)
        made = Hooks(settings, held, there)
        async with made.first.stack:
            yield made


def local(settings: Settings) -> Settings:
    """The settings of a fleet that may post to loopback."""
    return msgspec.structs.replace(settings, ssrf_allowlist="127.0.0.1")
