"""Queues of a worker in this process, whose parents do what the test says, and whose children are noted."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import AwaitChildren, Discard
from arqlight_core.policy import Backoff, Priority, Unique
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker

TIMEOUT, RETRY = timedelta(seconds=20), Backoff(3, first=timedelta(milliseconds=10))
HOUSE = Queue("test:house", "Parents.", concurrency=5)
GARDEN = Queue("test:garden", "Children.", concurrency=5)

ACTS: dict[str, Any] = {}
SEEN: list[Any] = []


class Script(msgspec.Struct):
    """The name of what a handler of this test does."""

    act: str
    count: int = 3


class Leaf(msgspec.Struct):
    """One child; a negative number dies."""

    number: int


@GARDEN.job("leaf", Leaf, timeout=TIMEOUT, retry=RETRY)
async def leaf(_run: Run, payload: Leaf) -> int:
    """Notes that it ran."""
    SEEN.append(payload.number)
    if payload.number < 0:
        raise Discard("it has to")
    return payload.number


@GARDEN.job("single", Leaf, timeout=TIMEOUT, retry=RETRY, unique=Unique(timedelta(minutes=1)))
async def single(_run: Run, payload: Leaf) -> int:
    """One of a kind."""
    SEEN.append(payload.number)
    return payload.number


@HOUSE.job("lonely", Script, timeout=TIMEOUT, retry=RETRY)
async def lonely(_run: Run, _script: Script) -> None:
    """Declares no follow-ups and wants some."""
    raise AwaitChildren


@HOUSE.job("tree", Script, timeout=TIMEOUT, retry=RETRY, priority=Priority.HIGH, follow_ups=("leaf", "single", "tree"))
async def tree(run: Run, script: Script) -> Any:
    """Does what the test says."""
    return await ACTS[script.act](run, script)


async def work(store: Store, *queues: Queue, **how: Any) -> FleetWorker:
    """Runs all there is."""
    served = queues or (HOUSE, GARDEN)
    worker = FleetWorker(queues=served, url=store.url, settings=Settings(), burst=True, handle_signals=False, **how)
    async with asyncio.timeout(20):
        await worker.async_run()
    await worker.close()
    return worker


async def outcome(store: Store, script: Script | None = None, **how: Any) -> observe.JobView:
    """What becomes of a job that does this."""
    job_id = (await enqueue(store, tree, script or Script("act"), **how)).job_id
    await work(store)
    return await observe.job(store, job_id)


def leaves(numbers: Iterable[int]) -> Iterable[Leaf]:
    return (Leaf(number) for number in numbers)


async def fan_out(run: Run, script: Script) -> Any:
    """The common form of a parent."""
    if run.children is None:
        await run.spawn(leaf, leaves(range(script.count)))
        raise AwaitChildren
    return msgspec.to_builtins(run.children)
