"""The shops' own servers, which are told of orders: they work, but one does not for a while, and one has moved away.

On a calm day all of them work.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from arqlight.demo.shops import ORDERED, Shop, endpoint
from arqlight.demo.traffic import Ground
from arqlight.demo.world.receiver import receiver
from arqlight.demo.world.stand_in import Answer, Call, StandIn, standing
from arqlight_core.clock import monotonic, now
from arqlight_jobs.crm.deliveries import publish
from arqlight_jobs.crm.events import Event
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.webhook import deliver

WORKS, TIRED, MOVED = "/orders", "/tired", "/moved"
TIRED_FOR = 15.0
"""Seconds from its first call on for which a server answers 503."""

MOST_CALLS = 100


@dataclass(slots=True)
class Hooks:
    """The servers, and what is published to them."""

    ground: Ground
    records: Records
    there: StandIn

    async def ordered(self, shop: Shop, contact: str, number: int) -> None:
        """Tell the shop's servers of an order."""
        event = Event(tenant=shop.id, id=f"order-{number}", type=ORDERED, at=now(), data={"contact": contact})
        for asked in await publish(self.records.engine, event):
            await self.ground.queue(deliver, asked, flow=f"{shop.id}-order-{number}-told-{asked.endpoint}")


@asynccontextmanager
async def open_hooks(ground: Ground, records: Records, shops: Sequence[Shop]) -> AsyncGenerator[Hooks]:
    """Servers for all shops, and their endpoints on record."""
    async with standing(StandIn(lambda _: Answer(404))) as there:
        there.remember(MOST_CALLS)
        for shop, path in zip(shops, (WORKS, TIRED, MOVED), strict=True):
            for one in dict.fromkeys((WORKS, WORKS if ground.calm else path)):
                await endpoint(records, shop, f"{there.url}{one}")
        there.answer = Servers([secret for shop in shops for secret in shop.secrets]).answer
        yield Hooks(ground, records, there)


class Servers:
    """How they answer, by path."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._healthy = receiver(*secrets).answer
        self._tired_until = 0.0

    def answer(self, call: Call) -> Answer:
        """As the server at that path would."""
        if call.path == MOVED:
            return Answer(410)
        if call.path == TIRED:
            self._tired_until = self._tired_until or call.at + TIRED_FOR
            if monotonic() < self._tired_until:
                return Answer(503, headers={"Retry-After": "4"})
        return self._healthy(call)
