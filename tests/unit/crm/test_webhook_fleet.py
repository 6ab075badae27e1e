"""Webhooks through a real worker: the whole schedule, endpoints that are down, and nothing secret in Redis."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from arqlight.demo.world.receiver import receiver
from arqlight.demo.world.stand_in import Fault, standing
from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.policy import SECOND, STANDARD_WEBHOOKS, Backoff
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm import delivering
from arqlight_jobs.crm.deliveries import Status, publish
from arqlight_jobs.crm.webhook import deliver, webhooks
from tests.faults.fleet import eventually, until
from tests.faults.shop import becomes
from tests.planted import everything_in
from tests.unit.crm.fleet import at_work, hurried, shrunk
from tests.unit.crm.hooks import PLANTED, Hooks, an_event, hooked, local

HURRIED = hurried(webhooks, shrunk(STANDARD_WEBHOOKS))


@pytest.fixture
async def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Hooks]:
    monkeypatch.setattr(delivering, "REST", Backoff(1, first=SECOND / 100, cap=SECOND / 10))
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode())
    async with hooked(local(settings)) as made:
        yield made


async def test_ten_attempts_fail_then_the_endpoint_is_disabled_and_people_are_told(hooks: Hooks, store: Store) -> None:
    made = await hooks.endpoint()
    asked = await hooks.published()
    hooks.there.script(*[Fault(status=500)] * 20)
    async with at_work(store, hooks.settings, HURRIED) as (_, elsewhere):
        job = (await enqueue(store, deliver, asked)).job_id
        view = await becomes(store, job, State.DEAD)
        await until(lambda: len(elsewhere.arrived) == 2)
    assert len(hooks.there.calls) == 10
    assert len({call.headers["webhook-id"] for call in hooks.there.calls}) == 1
    tried = (await hooks.deliveries.tried([asked.delivery]))[asked.delivery]
    assert [one.number for one in tried] == list(range(1, 11))
    assert "at attempt 10" in (await hooks.endpoints.find(made.id)).disabled_because
    assert {one.kind for one in elsewhere.arrived} == {"webhook.disabled"}
    kept = await everything_in(store)
    assert asked.delivery.encode() in kept
    assert not [one for one in (*hooks.secrets, PLANTED, "5550199", hooks.there.url) if one.encode() in kept]
    assert not [one for one in (*hooks.secrets, PLANTED, hooks.there.url) if one in repr(view)]


async def test_what_is_mended_in_time_is_delivered_once(hooks: Hooks, store: Store) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    hooks.there.script(Fault(status=500), Fault(status=302), Fault(status=504), Fault(drop="before"), Fault(status=404))
    async with at_work(store, hooks.settings, HURRIED):
        job = (await enqueue(store, deliver, asked)).job_id
        await becomes(store, job, State.COMPLETED)
        again = await hooks.deliveries.replay(asked.delivery)
        await becomes(store, (await enqueue(store, deliver, again)).job_id, State.COMPLETED)
    assert set(hooks.there.effects.values()) == {2}
    assert len(hooks.there.effects) == 1


async def test_an_endpoint_that_hangs_holds_no_other(hooks: Hooks, store: Store) -> None:
    hanging = await hooks.endpoint("message.sent")
    stuck = [await hooks.published(number=number, type="message.sent") for number in range(30)]
    hooks.there.script(*[Fault(delay=14)] * 30)
    async with standing(receiver()) as well, at_work(store, hooks.settings, HURRIED):
        _, secret = await hooks.endpoints.add("acme", well.url, ["contact.created"])
        well.answer = receiver(secret).answer
        for asked in stuck:
            await enqueue(store, deliver, asked)
        await until(lambda: len(hooks.there.calls) >= 2)
        begun = monotonic()
        for number in range(10):
            [asked] = await publish(hooks.held.engine, an_event(100 + number))
            await enqueue(store, deliver, asked)
        await until(lambda: well.effects.total() == 10)
        assert monotonic() - begun < 12
        assert len(hooks.there.calls) <= 4
    assert await hooks.deliveries.listed(hanging.id, Status.DELIVERED) == []


async def test_a_worker_that_is_stopped_in_the_middle_delivers_afterwards(hooks: Hooks, store: Store) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    hooks.there.script(Fault(delay=30))
    async with at_work(store, hooks.settings, HURRIED):
        job = (await enqueue(store, deliver, asked)).job_id
        await asyncio.wait_for(hooks.there.called.wait(), 10)
    async with at_work(store, hooks.settings, HURRIED):

        async def over() -> bool:
            return (await observe.job(store, job)).state is State.COMPLETED

        await eventually(over)
    assert (len(hooks.there.calls), hooks.there.effects.total()) == (2, 1)
