"""From a contact's word to the tenant's own server, through real workers: flow, message, status webhook, event."""

import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.receiver import receiver
from arqlight.demo.world.stand_in import Call, StandIn, standing
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.flow import flows
from arqlight_jobs.crm.message import messages
from arqlight_jobs.crm.tables.flows import executions
from arqlight_jobs.crm.tables.messaging import messages as sent
from arqlight_jobs.crm.webhook import webhooks
from tests.faults.fleet import eventually, until
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.crm.post import NUMBER, SENDER, TEXT, TOKEN
from tests.unit.crm.reception_desk import (
    SECRET,
    WAITING,
    WAMID,
    WROTE,
    Reception,
    body_of,
    open_reception,
    reached,
    written,
)


@pytest.fixture
async def here(tmp_path: Path, store: Store) -> AsyncGenerator[Reception]:
    async with open_reception(Settings(data_dir=tmp_path / "data"), store) as made:
        yield made


def told(there: StandIn) -> list[tuple[str, Any]]:
    """What the tenant's server was told: type and data, of what it believed."""
    return [(body["type"], body["data"]) for body in map(_json, there.calls)]


def _json(call: Call) -> dict[str, Any]:
    return msgspec.json.decode(call.body)


async def stands(here: Reception, status: str) -> None:
    async def so() -> bool:
        return [row["status"] for row in await here.all(executions)] == [status]

    await eventually(so)


@pytest.mark.timeout(60)
async def test_a_word_leads_to_an_answer_and_all_of_it_to_events(
    here: Reception, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await here.flow(WAITING)
    async with standing(receiver()) as there, serving(store, flows, messages, webhooks, settings=here.post.settings):
        secret = await here.endpoint(f"{there.url}/hooks", "message.*")
        there.answer = receiver(secret).answer
        await here.take(body_of(written("hello", "wamid.1")))
        await stands(here, "waiting")
        await here.take(body_of(written()))
        await stands(here, "done")
        await until(lambda: len(here.post.there.calls) == 1)
        await until(lambda: "message.sent" in dict(told(there)))
        [row] = await here.all(sent)
        read = body_of(statuses=[reached(row["wamid"], one) for one in ("delivered", "read")])
        for _ in range(2):
            await here.take(read)
        await until(lambda: there.effects.total() == 5)
    types = sorted(kind for kind, _ in told(there))
    assert types == ["message.delivered", "message.read", "message.received", "message.received", "message.sent"]
    [answer] = [data for kind, data in told(there) if kind == "message.sent"]
    assert (answer["contact"], answer["sender"], answer["content"]) == ("ann", SENDER, "text")
    assert (await here.all(sent))[0]["status"] == "read"
    planted = (NUMBER[1:], WROTE, WAMID, SECRET, TOKEN, TEXT, secret)
    kept = await everything_in(store)
    assert not [one for one in planted if one.encode() in kept or one in caplog.text]
    assert not [one for one in (NUMBER[1:], WROTE, WAMID) if one in str(told(there))]
