"""A contact in a flow without a fleet: steps are taken as they are queued, and what else is queued is kept."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_jobs.crm.contents import Content, Kind, write_content
from arqlight_jobs.crm.executions import Execution, Executions
from arqlight_jobs.crm.flow import step
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flow_entry import Occasion, replied, start
from arqlight_jobs.crm.flow_graph import Graph
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import StepAsked
from arqlight_jobs.crm.tables.flows import executions
from arqlight_jobs.crm.tables.people import contacts, senders
from tests.running import FakeRun
from tests.unit.crm.hooks import a_tenant

WRITTEN = "my secret reply"
OCCASION = Occasion("acme", "ann", "once")


def graph(**nodes: Mapping[str, Any]) -> dict[str, Any]:
    """A flow that begins at the node `first`; there is an `end` if anything leads to it."""
    beginning = {"begin": {"kind": "trigger", "event": "contact.created", "next": "first"}}
    leads = any(value == "end" for node in nodes.values() for field, value in node.items() if field != "kind")
    return {"name": "welcome", "nodes": {**beginning, **nodes, **({"end": {"kind": "end"}} if leads else {})}}


async def people(held: Records) -> None:
    """A tenant with two users, a sender, two contents and a contact."""
    await a_tenant(held)
    at, sender = now(), {"id": "100", "tenant": "acme", "tier": 0, "paused_because": "", "strikes": 0}
    contact: dict[str, Any] = {"id": "ann", "tenant": "acme", "phone": "+15145550123", "email": "ann@x.test"}
    contact |= {"name": "Ann", "consent": True, "tags": ["new"], "fields": {"city": "Laval", "visits": 3}}
    async with held.engine.begin() as connection:
        await connection.execute(insert(senders), sender)
        await connection.execute(insert(contacts), {**contact, "created_at": at, "updated_at": at})
    await write_content(held.engine, Content("hello", "acme", Kind.TEXT, {"body": "Hello {{name}}"}))
    await write_content(held.engine, Content("mail", "acme", Kind.EMAIL, {"subject": "Hi", "text": "x"}))


class Walk:
    """One flow and one contact in it."""

    def __init__(self, settings: Settings, held: Records) -> None:
        self.settings, self.held = settings, held
        self.first = FakeRun(settings)
        self.jobs: list[tuple[str, Any]] = []
        """What was queued for other queues."""
        self.steps: list[tuple[StepAsked, timedelta]] = []
        """Steps that are queued and not taken."""
        self.results: list[Any] = []

    @property
    def executions(self) -> Executions:
        return Executions(self.held)

    async def enter(self, told: Graph | Mapping[str, Any]) -> StepAsked:
        flow = await Flows(self.held.engine).add("acme", told if isinstance(told, Graph) else checked(told))
        asked = await start(self.held, flow.name, OCCASION)
        self.steps = [(asked, timedelta(0))]
        return asked

    async def take(self, asked: StepAsked, attempt: int = 1, run: FakeRun | None = None) -> Any:
        """One step; what it queues is noted, each only once under its id."""
        made = run or FakeRun(self.settings, attempt=attempt)
        made.open = self.first.open
        try:
            return await step.handler(made, asked)
        finally:
            for (name, payload), delay in zip(made.queued, made.delays, strict=True):
                self._note(name, payload, delay)

    def _note(self, name: str, payload: Any, delay: timedelta) -> None:
        if name != "crm.flow.step":
            self.jobs += [(name, payload)] if (name, payload) not in self.jobs else []
        elif payload not in [asked for asked, _ in self.steps]:
            self.steps.append((payload, delay))

    async def go(self, most: int = 1000) -> None:
        """Take steps until one is delayed or none is left."""
        while self.steps and not self.steps[0][1] and most:
            asked, _ = self.steps.pop(0)
            self.results.append(await self.take(asked))
            most -= 1

    async def all_of(self, told: Mapping[str, Any]) -> Execution:
        """Enter and walk, however long it takes."""
        asked = await self.enter(told)
        while self.steps:
            self.steps = [(one, timedelta(0)) for one, _ in self.steps]
            await self.go()
        return await self.executions.find(asked.execution)

    async def reply(self, inbound: str = "turn-1") -> list[StepAsked]:
        return await replied(
            self.held, Occasion("acme", "ann", inbound, conversation="talk", inbound=inbound, text=WRITTEN)
        )

    async def contact(self) -> Any:
        async with self.held.engine.connect() as connection:
            return (await connection.execute(select(contacts).where(contacts.c.id == "ann"))).one()

    async def change(self, **values: Any) -> None:
        async with self.held.engine.begin() as connection:
            await connection.execute(update(executions).values(**values))


@asynccontextmanager
async def walking(settings: Settings) -> AsyncGenerator[Walk]:
    """All of it, in an empty database."""
    async with records(settings) as held:
        await people(held)
        made = Walk(settings, held)
        async with made.first.stack:
            yield made
