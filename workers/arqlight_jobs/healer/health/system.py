"""A look at the fleet itself: its server, its database, its queues and workers, and the disk of its data."""

from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import monotonic, now_ms
from arqlight_core.jobs import State
from arqlight_core.settings import Settings
from arqlight_jobs.healer.health.grading import Reading
from arqlight_jobs.healer.health.server import of_disk

if TYPE_CHECKING:
    from arqlight_core.observe import FleetView, QueueView, ServerView, WorkerView
    from arqlight_core.store.gateway import Store

PINGS = 5
BEAT_MS = 3000
"""How often a worker tells of itself."""


async def look_at_system(store: "Store", engine: AsyncEngine, settings: Settings) -> tuple[Reading, ...]:
    """The fleet's measurements. Raises what the store raises when its server is away: then no job runs either."""
    from arqlight_core.observe import fleet, server  # noqa: PLC0415 - they load redis

    ping_ms = median([await _ping_ms(store) for _ in range(PINGS)])
    told, view = await server(store, slow=False), await fleet(store)
    return (
        Reading("ping_ms", ping_ms),
        Reading("clock_skew_s", abs(await store.time_ms() - now_ms()) / 1000),
        *of_server(told),
        *await _of_database(engine),
        *of_fleet(view),
        *of_disk(settings.data_dir),
    )


async def _ping_ms(store: "Store") -> float:
    began = monotonic()
    await store.ping()
    return (monotonic() - began) * 1000


async def _of_database(engine: AsyncEngine) -> list[Reading]:
    began = monotonic()
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as problem:
        return [Reading("database_away", 1, said=f"the database does not answer: {type(problem).__name__}")]
    return [Reading("database_ms", (monotonic() - began) * 1000)]


def of_server(view: "ServerView") -> Iterator[Reading]:
    """What the server tells of itself."""
    memory, clients, replication = view.memory, view.clients, view.replication
    yield Reading("memory_used", memory.used / memory.limit if memory.limit else 0.0)
    yield Reading("evicted_keys", view.traffic.evicted)
    yield Reading("may_evict", float(memory.policy != "noeviction"), said=f"Redis may evict jobs: {memory.policy}")
    yield from _of_persistence(view)
    yield Reading("clients", clients.connected)
    yield Reading("clients_used", clients.connected / clients.most if clients.most else 0.0)
    yield Reading("replicas", replication.replicas)
    yield Reading("not_primary", float(replication.role != "master"))
    if replication.primary:
        unheard = not replication.primary.endswith(" up")
        yield Reading("primary_unheard", float(unheard), said=f"the primary is not heard: {replication.primary}")
    if replication.lag_s is not None:
        yield Reading("replica_lag_s", replication.lag_s)


def _of_persistence(view: "ServerView") -> Iterator[Reading]:
    told = view.persistence
    parts = {"append-only file": told.aof_write, "its rewrite": told.aof_rewrite, "snapshot": told.save}
    for part, status in parts.items():
        yield Reading("persistence_failed", float(status != "ok"), part, said=f"Redis cannot save: {status}")


def of_fleet(view: "FleetView") -> Iterator[Reading]:
    """What the queues and workers tell."""
    yield Reading("workers", len(view.workers))
    for worker in view.workers:
        yield from _of_worker(worker, view.at_ms)
    for queue in view.queues:
        yield from _of_queue(queue)


def _of_worker(worker: "WorkerView", at_ms: int) -> Iterator[Reading]:
    yield Reading("beats_missed", max(0, at_ms - worker.beat_ms) // BEAT_MS, worker.id)


def _of_queue(queue: "QueueView") -> Iterator[Reading]:
    name = queue.name
    yield Reading("depth", queue.counts[State.WAITING], name)
    yield Reading("oldest_s", (queue.oldest_ms or 0) / 1000, name)
    yield Reading("dead", queue.counts[State.DEAD], name)
    yield Reading("lapsed", queue.totals.get("lapsed", 0), name)
    yield Reading("breaker_open", float(queue.breaker.state == "open"), name)
    if queue.failed_share is not None:
        yield Reading("failed_share", queue.failed_share, name)
