"""`kill -9` of the worker at every point of a sending: nothing is sent twice, and what is in doubt is said to be."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.orders.outreach import started
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.store.gateway import Store
from arqlight_jobs.outreach.campaigns import Campaigns
from arqlight_jobs.outreach.document import Document
from arqlight_jobs.outreach.records import Records, records
from tests import forked
from tests.faults.fleet import eventually
from tests.faults.outreach_worker import NODES, POINTS, settings_of
from tests.unit.outreach.scene import World, document, providers

pytestmark = [pytest.mark.fault, pytest.mark.timeout(150)]

FIELDS = ("twilio_base_url", "twilio_account_sid", "twilio_auth_token", "sendgrid_base_url", "sendgrid_api_key")


def campaign(name: str, node: str) -> Document:
    """One contact for each point, named after it."""
    people = [
        {"id": point, "email": f"{point}@example.com", "phone": f"+4915112345{number:03}", "consent": True}
        for number, point in enumerate(POINTS)
    ]
    return document(campaign={"id": name, "entry": node}, contacts=people)


@dataclass
class Line:
    """One worker after the other."""

    url: str
    folder: Path
    workers: list[BaseProcess] = field(default_factory=list[BaseProcess])

    def hire(self, settings: str) -> None:
        """Another one, if the last is dead."""
        if not self.workers or self.workers[-1].exitcode is not None:
            log = self.folder / f"log-{len(self.workers)}"
            self.workers.append(
                forked.begin("tests.faults.outreach_worker", (self.url, str(self.folder), settings), log)
            )

    def close(self) -> None:
        for one in self.workers:
            one.kill()
            one.join()


@pytest.fixture
def line_of_workers(shop: Store, folder: Path) -> Generator[Line]:
    made = Line(shop.url, folder)
    yield made
    made.close()


@asynccontextmanager
async def begun(shop: Store, workers: Line, folder: Path, world: World) -> AsyncGenerator[Records]:
    """Both campaigns run, and there is always a worker."""
    settings = world.settings(settings_of(folder, {}))
    told = msgspec.json.encode({name: getattr(settings, name) for name in FIELDS}).decode()
    async with records(settings) as opened:
        for name, node in NODES.items():
            await Campaigns(opened.engine).load(campaign(name, node))
            await started(shop, opened, name, "a test")

        async def over() -> bool:
            workers.hire(told)
            return await _is_over(shop)

        await eventually(over, 120)
        yield opened


async def _is_over(shop: Store) -> bool:
    view = next(queue for queue in (await observe.fleet(shop)).queues if queue.name == "outreach:send")
    ended = view.counts[State.COMPLETED] + view.counts[State.DEAD]
    return ended == len(NODES) * len(POINTS)


async def test_a_worker_that_is_killed_anywhere_sends_nothing_twice(
    shop: Store, line_of_workers: Line, folder: Path
) -> None:
    async with providers() as world, begun(shop, line_of_workers, folder, world) as opened:
        campaigns = Campaigns(opened.engine)
        told: dict[str, Any] = {name: (await campaigns.counts(name)).actions for name in NODES}
        timeouts = next(queue for queue in (await observe.fleet(shop)).queues if queue.name == "outreach:timeout")
    assert {death.name for death in (folder / "deaths").iterdir()} == {f"{name} {p}" for name in NODES for p in POINTS}
    # Of a mail that was posted nobody can be asked; an SMS is found again.
    assert told == {"by-mail": {"sent": 3, "unknown": 1}, "by-sms": {"sent": 4}}
    assert set(world.by_mail.effects.values()) == set(world.by_sms.effects.values()) == {1}
    assert (len(world.by_mail.effects), len(world.by_sms.effects)) == (4, 4)
    assert timeouts.counts[State.SCHEDULED] == 2 * 3
