"""A queue that is steered while it runs, and workers that tell of themselves."""

from typing import Any

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.observe import QueueView
from arqlight_core.policy import HOUR, MINUTE, Breaker, Limit, Rate
from arqlight_core.store.gateway import Store

SENDING = Limit("sending", (Rate(20, MINUTE), Rate(1000, HOUR)))
QUEUE = Queue("test:steered", "to be steered", concurrency=5, limits=(SENDING,), breaker=Breaker(faults=3))
NAME = QUEUE.name


async def view(store: Store) -> QueueView:
    [seen] = (await observe.fleet(store)).queues
    return seen


async def beat(store: Store, worker: str, host: str = "here", **told: Any) -> None:
    now = await store.time_ms()
    plain = {"id": worker, "host": host, "pid": 1, "state": "running", "started_ms": now, "beat_ms": now}
    await store.beat(worker, {**plain, "queues": {}, "jobs": {}, "chores": [], **told}, now, 60_000)
