"""The fleet of the bulk benchmark: one queue that is busy all the while, and an idle one that is acted upon."""

import asyncio
from datetime import timedelta

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.process import run
from arqlight_fleet.worker import FleetWorker


class Work(msgspec.Struct):
    """What a job of either queue is told."""

    n: int


BUSY = Queue("bench:busy", "Works all the while.", concurrency=50)
IDLE = Queue(
    "bench:idle", "Is acted upon.", concurrency=1, retention=Retention(dead=Keep(10_000_000, timedelta(days=1)))
)


@IDLE.job("bench.work", Work, timeout=timedelta(seconds=5), retry=Backoff(1))
async def work(_run: Run, _told: Work) -> None:
    """Nothing: its queue is paused."""


@BUSY.job("bench.busy", Work, timeout=timedelta(seconds=5), retry=Backoff(1))
async def busy(_run: Run, _told: Work) -> None:
    """Waits a moment, as for an answer from elsewhere."""
    await asyncio.sleep(0.02)


def serve(url: str) -> None:
    """One process of the fleet."""
    run(lambda: FleetWorker(queues=[BUSY, IDLE], url=url, settings=Settings(redis_url=url)))
