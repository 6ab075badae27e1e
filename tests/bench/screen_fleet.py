"""The fleet that the screen's benchmark looks at: 28 queues of five domains, some hundred jobs a second."""

import asyncio
from datetime import timedelta
from itertools import count

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue_many
from arqlight_core.policy import Backoff
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_fleet.process import run
from arqlight_fleet.worker import FleetWorker

PER_ROUND, ROUND = 3, 0.25
"""Jobs for each queue, and seconds between two rounds: 336 jobs a second."""


class Work(msgspec.Struct):
    """What a job is told."""

    n: int


QUEUES = tuple(
    Queue(f"{domain}:queue-{n}", "Is looked at.", concurrency=20)
    for domain in ("billing", "crm", "flrts", "healer")
    for n in range(7)
)


async def work(_run: Run, told: Work) -> None:
    """Waits a moment, and fails now and then."""
    await asyncio.sleep(0.01)
    if not told.n % 50:
        raise ValueError("every fiftieth fails")


TYPES = [
    queue.job(f"{queue.name}.work", Work, timeout=timedelta(seconds=5), retry=Backoff(1))(work) for queue in QUEUES
]


async def feed(store: Store) -> None:
    """Keeps the queues busy until it is cancelled."""
    for number in count():
        for kind in TYPES:
            await enqueue_many(store, kind, [Work(number)] * PER_ROUND)
        await asyncio.sleep(ROUND)


def serve(url: str) -> None:
    """One process of the fleet."""
    run(lambda: FleetWorker(queues=list(QUEUES), url=url, settings=Settings(redis_url=url)))
