"""A whole flow through a real worker, and the same promises on a real PostgreSQL server."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet

from arqlight.demo.world.stand_in import Answer, Call, StandIn, standing
from arqlight_core.enqueue import enqueue
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.executions import Status
from arqlight_jobs.crm.flow import flows, step
from arqlight_jobs.crm.requests import ChatAsked, EmailAsked, MessageAsked, NotificationAsked
from tests.faults.fleet import eventually
from tests.planted import everything_in
from tests.unit.billing.test_postgresql import pytestmark as on_postgresql
from tests.unit.billing.test_postgresql import server
from tests.unit.crm.fleet import at_work
from tests.unit.crm.walking import WRITTEN, Walk, graph, walking

__all__ = ["server"]

WHOLE = graph(
    first={"kind": "send_message", "sender": "100", "content": "hello", "next": "pause"},
    pause={"kind": "wait", "seconds": 1, "next": "city"},
    city={
        "kind": "condition",
        "field": "contact.fields.city",
        "operator": "equals",
        "value": "laval",
        "yes": "noted",
        "no": "end",
    },
    noted={"kind": "set_field", "field": "seen", "value": True, "next": "tagged"},
    tagged={"kind": "tag", "add": ["lead"], "next": "asked"},
    asked={"kind": "http_request", "url": "URL", "body": {"who": "{{name}}"}, "save_as": "shop", "next": "enough"},
    enough={
        "kind": "condition",
        "field": "context.shop.body.total",
        "operator": "greater",
        "value": 5,
        "yes": "reply",
        "no": "end",
    },
    reply={"kind": "wait_for_reply", "seconds": 3600, "replied": "answered", "timed_out": "end"},
    answered={"kind": "ai_reply", "next": "mailed"},
    mailed={"kind": "send_email", "content": "mail", "next": "twice"},
    twice={"kind": "goto", "to": "mailed", "times": 1, "next": "told"},
    told={"kind": "notify", "title": "A lead", "next": "end"},
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    keys = Fernet.generate_key().decode()
    return Settings(data_dir=tmp_path / "data", payload_enc_keys=keys, ssrf_allowlist="127.0.0.1")


@pytest.fixture
async def shop() -> AsyncGenerator[StandIn]:
    def answer(call: Call) -> Answer:
        return Answer(200, {"total": 7}, effect=call.headers["idempotency-key"])

    async with standing(StandIn(answer)) as made:
        yield made


def leading_to(shop: StandIn) -> dict[str, Any]:
    return {**WHOLE, "nodes": {**WHOLE["nodes"], "asked": {**WHOLE["nodes"]["asked"], "url": f"{shop.url}/x"}}}


async def stands(walk: Walk, execution: str, status: Status) -> None:
    async def so() -> bool:
        return (await walk.executions.find(execution)).status is status

    await eventually(so)


async def test_a_whole_flow_is_walked_by_a_worker(settings: Settings, store: Store, shop: StandIn) -> None:
    async with walking(settings) as walk, at_work(store, settings, flows) as (_, elsewhere):
        asked = await walk.enter(leading_to(shop))
        await enqueue(store, step, asked)
        await stands(walk, asked.execution, Status.WAITING)
        [moved] = await walk.reply()
        await asyncio.gather(*[enqueue(store, step, moved) for _ in range(3)])
        await stands(walk, asked.execution, Status.DONE)
        await eventually(lambda: _count(elsewhere.arrived, 6))
        contact = await walk.contact()
    assert (contact.fields["seen"], contact.tags) == (True, ["new", "lead"])
    kinds = (MessageAsked, ChatAsked, EmailAsked, NotificationAsked)
    assert [sum(isinstance(one, kind) for one in elsewhere.arrived) for kind in kinds] == [1, 1, 2, 2]
    assert shop.effects == {f"{asked.execution}-6": 1}
    kept = await everything_in(store)
    assert not [one for one in (WRITTEN, "5550123", "ann@x.test", shop.url) if one.encode() in kept]


async def _count(arrived: list[Any], wanted: int) -> bool:
    return len(arrived) == wanted


@on_postgresql
async def test_the_same_on_postgresql(settings: Settings, server: str, shop: StandIn) -> None:
    there = msgspec.structs.replace(settings, database_url=server)
    async with walking(there) as walk:
        asked = await walk.enter(leading_to(shop))
        for _ in range(2):
            await walk.go()
            walk.steps = [(one, timedelta(0)) for one, _ in walk.steps]
        found = await walk.executions.find(asked.execution)
        assert (found.status, found.node) == (Status.WAITING, "reply")
        late, moved = walk.steps[0][0], walk.reply()
        told, steps = await asyncio.gather(walk.take(late), moved)
        assert ("noop" in told) is bool(steps)
        walk.steps = [(one, timedelta(0)) for one in steps] or walk.steps
        await walk.go()
        assert (await walk.executions.find(asked.execution)).status is Status.DONE
        assert "noop" in await walk.take(asked)
