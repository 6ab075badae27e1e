"""Tasks through a real worker: made, changed, refused, and of what people write nothing is in Redis or in a log."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.openproject import KEY
from arqlight.demo.world.stand_in import Fault
from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.policy import SECOND, Backoff
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts.changes import propose
from arqlight_jobs.flrts.requests import ChangeAsked, RemindersAsked, Said, TaskAsked
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tasks_create import create, tasks_to_make
from arqlight_jobs.flrts.tasks_update import tasks_to_change, update
from tests.faults.fleet import eventually
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.flrts.hub import ANN, Hub

TITLE, TEXT = "Planted title", "planted words of ann@example.com"
ASKED = TaskAsked(user=ANN, title=TITLE, description=TEXT, due="2026-05-31")


def elsewhere(name: str, job: str, payload: type[msgspec.Struct], arrived: list[Any]) -> Queue:
    """A queue of somebody else's that takes note of what arrives."""
    made = Queue(name, "To be looked at.", concurrency=5)

    async def take(_run: Run, asked: Any) -> None:
        """Take note of it."""
        arrived.append(asked)

    made.job(job, payload, timeout=SECOND, retry=Backoff(1))(take)
    return made


@pytest.fixture
async def sealing(store: Store, hub: Hub) -> AsyncGenerator[Store]:
    """The store with the keys of the hub."""
    opened = Store(store.url, sealer=Sealer.of(hub.settings))
    yield opened
    await opened.close()


@asynccontextmanager
async def at_work(store: Store, hub: Hub) -> AsyncGenerator[list[Any]]:
    arrived: list[Any] = []
    others = [
        elsewhere("flrts:reminders:schedule", "flrts.reminders.schedule", RemindersAsked, arrived),
        elsewhere("flrts:telegram:outbound", "flrts.telegram.outbound", Said, arrived),
    ]
    queues = [tasks_to_make, tasks_to_change, *others]
    await publish(store, queues)
    async with serving(store, *queues, settings=hub.settings):
        yield arrived


async def ended(store: Store, queue: str, **wanted: int) -> None:
    async def are_so() -> bool:
        [found] = [one for one in (await observe.fleet(store)).queues if one.name == queue]
        return {state: found.counts[State(state)] for state in wanted} == wanted

    await eventually(are_so)


async def until(condition: Callable[[], bool]) -> None:
    async def is_so() -> bool:
        return condition()

    await eventually(is_so)


async def test_a_task_is_made_and_changed_and_nobody_else_can_read_it(
    sealing: Store, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = await enqueue(sealing, create, ASKED)
    again = await enqueue(sealing, create, ASKED)
    assert (again.new, again.job_id) == (False, first.job_id)
    told = await everything_in(sealing)
    async with at_work(sealing, hub) as arrived:
        await until(lambda: len(arrived) == 2)
        async with hub.records.engine.begin() as connection:
            change = await propose(connection, 1, {"subject": "Another planted title", "due": None}, ANN)
        await enqueue(sealing, update, ChangeAsked(1, change))
        await until(lambda: len(arrived) == 3)
        await ended(sealing, "flrts:tasks:create", completed=1)
        await ended(sealing, "flrts:tasks:update", completed=1)
    told += await everything_in(sealing)
    [package] = hub.world.openproject.packages.values()
    assert (package.subject, package.due, package.lock_version) == ("Another planted title", None, 1)
    assert b"flrts:tasks:create" in told
    for planted in ("lanted title", TEXT, "ann@example.com", KEY):
        assert planted.encode() not in told, planted
        assert planted not in caplog.text, planted


async def test_what_is_refused_is_a_dead_letter_and_is_told(sealing: Store, hub: Hub) -> None:
    hub.world.at_openproject.script(Fault(status=422))
    async with at_work(sealing, hub) as arrived:
        await enqueue(sealing, create, ASKED)
        await ended(sealing, "flrts:tasks:create", dead=1)
        await until(lambda: bool(arrived))
    told = await everything_in(sealing)
    [message] = await hub.rows(messages)
    assert message["text"] == "Failed to create task: openproject answered 422"
    assert TITLE.encode() not in told


async def test_an_inactive_workflow_holds_every_task_until_it_is_mended(sealing: Store, hub: Hub) -> None:
    hub.set(flrts_backend="n8n")
    hub.world.n8n.active = False
    async with at_work(sealing, hub):
        for number in range(5):
            await enqueue(sealing, create, msgspec.structs.replace(ASKED, ref=f"r{number}"))

        async def is_open() -> bool:
            return any(one.name == "n8n" and one.state == "open" for one in await observe.breakers(sealing))

        await eventually(is_open)
        await ended(sealing, "flrts:tasks:create", dead=0, completed=0)
    assert 1 <= len(hub.world.at_n8n.calls) <= 5
    assert await hub.rows(messages) == []
