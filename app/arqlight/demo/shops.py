"""The tenants of the show: three shops with WhatsApp senders, a user, customers, endpoints for webhooks and a flow."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from arqlight.demo.people import Person
from arqlight_core.clock import now
from arqlight_jobs.crm.campaigns import Campaigns, CampaignState
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.endpoints import Endpoints
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.people import Tenant
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.registration import Registry, User
from arqlight_jobs.crm.suppression import digest_of
from arqlight_jobs.crm.tables.conversations import conversations
from arqlight_jobs.crm.tables.people import contacts, suppressions
from arqlight_jobs.outbound.rows import put_new

NAMES = {"acorn": "Acorn Books", "harbour": "Harbour Tea", "lumen": "Lumen Bikes"}
MAILS_BY = {"acorn": "sendgrid", "harbour": "smtp", "lumen": "sendgrid"}
DESK, CLUB = "desk", "club"
CAMPAIGNING = ("news", "offers", "events")
"""Senders of campaigns; single messages go out by the desk, and the largest campaign by the club."""

CUSTOMERS = 160
"""Of each shop: of all that are made up, every third one."""

OVER = "the demonstration is over"
ORDERED, FLOW = "order.placed", "after-an-order"
TIER = 10_000


@dataclass(slots=True)
class Customer:
    """Somebody in the records."""

    id: str
    person: Person


@dataclass(slots=True)
class Shop:
    """One tenant; its customers are known once their file is taken in."""

    id: str
    people: Sequence[Person]
    secrets: list[str] = field(default_factory=list[str])
    customers: list[Customer] = field(default_factory=list[Customer])

    @property
    def user(self) -> str:
        """Who is told of things."""
        return f"{self.id}-owner"

    def sender(self, role: str) -> str:
        """The WhatsApp number for that."""
        return f"{self.id}-{role}"

    async def meet(self, records: Records) -> None:
        """Learn who is in the records by now."""
        by_phone = {one.phone: one for one in self.people}
        mine = contacts.c
        chosen = select(mine.id, mine.phone).where(mine.tenant == self.id).order_by(mine.id)
        async with records.engine.connect() as connection:
            rows = (await connection.execute(chosen)).all()
        self.customers = [Customer(row.id, by_phone[row.phone]) for row in rows if row.phone in by_phone]


@asynccontextmanager
async def open_shops(records: Records) -> AsyncGenerator[list[Shop]]:
    """All of them; in the end nothing more is sent to anybody."""
    registry = Registry(records.engine)
    taken = {one.id for one in await registry.listed()}
    made = [await _opened(records, registry, name, number, taken) for number, name in enumerate(NAMES)]
    try:
        yield made
    finally:
        for one in made:
            await _close(records, one)


async def _opened(records: Records, registry: Registry, name: str, number: int, taken: set[str]) -> Shop:
    own = next(one for one in (name, *(f"{name}-{again}" for again in range(2, len(taken) + 3))) if one not in taken)
    shop = Shop(own, [Person(one) for one in range(number, CUSTOMERS * len(NAMES), len(NAMES))])
    await registry.add(Tenant(own, NAMES[name], "US", MAILS_BY[name], ""))
    for role in (*CAMPAIGNING, DESK, CLUB):
        await registry.put_sender(own, shop.sender(role), TIER)
    await registry.put_user(User(shop.user, own, f"{shop.user}@example.com"))
    for content in (template(own, f"{own}-thanks"), mail(own, f"{own}-receipt", "Your order", bulk=False)):
        await registry.put_content(content)
    await Flows(records.engine).add(own, checked(flow_of(shop)))
    return shop


async def endpoint(records: Records, shop: Shop, url: str) -> str:
    """Have the shop's server told of what happens."""
    made, secret = await Endpoints(records).add(shop.id, url, ["order.*"])
    shop.secrets.append(secret)
    return made.id


def template(tenant: str, name: str, *, marketing: bool = False) -> Content:
    """A message that may be sent at any time."""
    told: dict[str, Any] = {"name": name, "language": "en", "marketing": marketing}
    return Content(name, tenant, Kind.TEMPLATE, told)


def mail(tenant: str, name: str, subject: str, *, bulk: bool) -> Content:
    """A mail to one, or to many."""
    told: dict[str, Any] = {"subject": subject, "text": "Dear {{name}} of {{fields.city}},\nthis is about our shop."}
    told |= {"html": "<p>Dear {{name}}, this is about our shop.</p>"}
    return Content(
        name, tenant, Kind.EMAIL, {**told, **({"unsubscribe": "https://example.com/unsubscribe"} if bulk else {})}
    )


def flow_of(shop: Shop) -> dict[str, Any]:
    """What a customer goes through after an order: thanks, a tag, a receipt, and an answer if there is a question."""
    message = {"kind": "send_message", "sender": shop.sender(DESK), "content": f"{shop.id}-thanks", "next": "tag"}
    agreed = {"kind": "condition", "field": "contact.consent", "operator": "equals", "value": True}
    asking = {"kind": "wait_for_reply", "seconds": 6, "replied": "answer", "timed_out": "tell"}
    return {
        "name": FLOW,
        "nodes": {
            "start": {"kind": "trigger", "event": ORDERED, "next": "thanks"},
            "thanks": message,
            "tag": {"kind": "tag", "add": ["customer"], "next": "rest"},
            "rest": {"kind": "wait", "seconds": 2, "next": "agreed"},
            "agreed": {**agreed, "yes": "receipt", "no": "over"},
            "receipt": {"kind": "send_email", "content": f"{shop.id}-receipt", "next": "question"},
            "question": asking,
            "answer": {"kind": "ai_reply", "next": "over"},
            "tell": {"kind": "notify", "title": "An order without a question", "next": "over"},
            "over": {"kind": "end"},
        },
    }


async def _close(records: Records, shop: Shop) -> None:
    """Whoever serves these queues next, with accounts of real providers, sends nothing that is left."""
    told = Campaigns(records.engine)
    for one in await told.listed(1000):
        if one.tenant == shop.id:
            going = (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.STOPPED)
            await told.move(one.id, going, CampaignState.CANCELLED, OVER)
    for one in await Endpoints(records).listed(shop.id):
        await Endpoints(records).disable(one.id, OVER)
    waiting = update(conversations).where(conversations.c.tenant == shop.id, conversations.c.handed_over == "")
    async with records.engine.begin() as connection:
        await connection.execute(waiting.values(handed_over=OVER))
        await put_new(connection, suppressions, _silence(shop))


def _silence(shop: Shop) -> list[dict[str, Any]]:
    told = {"tenant": shop.id, "reason": OVER, "at": now()}
    ways = [(way, address) for one in shop.people for way, address in (("whatsapp", one.phone), ("email", one.email))]
    return [{**told, "channel": way, "address": digest_of(address)} for way, address in ways]
