"""A queue whose every policy can be set while a worker in this process serves it, and that worker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import Enqueued, enqueue
from arqlight_core.errors import Unavailable
from arqlight_core.jobs import State
from arqlight_core.policy import DAY, HOUR, SECOND, Backoff, Breaker, Dependency, Mode, Schedule, Unique
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import eventually

API = Dependency("api", Breaker(faults=100))
SHOP = Queue("test:shop", "To be steered.", concurrency=5)
ANNEX = Queue("test:annex", "Served by nobody.", concurrency=5)
NAME = SHOP.name
WIRE = QueueKeys.declared(NAME).wire
BRIEF = 50 * SECOND / 1000


class Work(msgspec.Struct):
    """How long it takes, and whether it fails."""

    seconds: float = 0.0
    fails: bool = False


@SHOP.job("work", Work, timeout=20 * SECOND, retry=Backoff(2, first=HOUR, cap=HOUR), follow_ups=("sell",))
async def work(run: Run, told: Work) -> None:
    """Take that long, and fail if it is to; else sell something."""
    await asyncio.sleep(told.seconds)
    if told.fails:
        raise ConnectionError("it has to")
    await run.enqueue("sell", Work(), delay=DAY)


@SHOP.job("sell", Work, timeout=SECOND, retry=Backoff(1), unique=Unique(HOUR, Mode.THROTTLE))
async def sell(_run: Run, _told: Work) -> None:
    """Nothing."""


@SHOP.job("brief", Work, timeout=BRIEF / 2, retry=Backoff(1), deadline=BRIEF)
async def brief(_run: Run, _told: Work) -> None:
    """Has to begin soon."""


@SHOP.job("call", Work, timeout=SECOND, retry=Backoff(1), needs=(API,))
async def call(_run: Run, _told: Work) -> None:
    """Ask a dependency that is down."""
    raise Unavailable("down", dependency="api")


@ANNEX.job("keep", Work, timeout=SECOND, retry=Backoff(1))
async def keep(_run: Run, _told: Work) -> None:
    """Nothing."""


@SHOP.job("stock_up", Work, timeout=SECOND, retry=Backoff(1), follow_ups=("keep",))
async def stock_up(run: Run, told: Work) -> None:
    """Have a child of the queue that nobody serves."""
    await run.spawn(keep, [told])


SHOP.schedule(Schedule("stocktake", "0 0 1 1 *", "brief"))


@asynccontextmanager
async def serving(store: Store, *queues: Queue, settings: Settings | None = None) -> AsyncGenerator[FleetWorker]:
    """A worker that serves these queues, else the shop, as long as the context lasts."""
    told: dict[str, Any] = {"settings": settings or Settings(), "handle_signals": False, "poll_delay": 0.1}
    worker = FleetWorker(queues=queues or [SHOP], url=store.url, **told)
    task = asyncio.create_task(worker.async_run())
    try:
        async with asyncio.timeout(10):
            await worker.up.wait()
        yield worker
    finally:
        await worker.close()
        await asyncio.wait([task])


async def heeded(worker: FleetWorker, *attributes: str) -> None:
    """Waits until operators' values stand in for these attributes of the queue, and no others."""
    [served] = worker.served

    async def applied() -> bool:
        return served.overridden.keys() == set(attributes)

    await eventually(applied)


async def put(store: Store, job_type: Any, told: Work | None = None, delay: timedelta = timedelta(0)) -> str:
    """The id of a new job."""
    queued: Enqueued = await enqueue(store, job_type, told or Work(), delay=delay)
    assert queued.new
    return queued.job_id


async def becomes(store: Store, job_id: str, state: State) -> observe.JobView:
    """Waits until the job is in the state."""

    async def is_so() -> bool:
        return (await observe.job(store, job_id)).state is state

    await eventually(is_so)
    return await observe.job(store, job_id)
