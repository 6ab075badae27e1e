"""The figures of the metrics page that are one number each: name, what it is, and where it stands in the views."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from arqlight_core.observe.fleet import FleetView, QueueView
from arqlight_core.observe.server import ServerView
from arqlight_core.observe.workers import WorkerView

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure(Generic[T]):
    """One metric: a gauge, or where it `counts`, a counter, whose name then ends in `_total`."""

    name: str
    told: str
    of: Callable[[T], float]
    counts: bool = False


OF_QUEUE: tuple[Figure[QueueView], ...] = (
    Figure(
        "arqlight_queue_oldest_job_age_seconds", "How long its oldest due job waits.", lambda q: _s(q.oldest_ms or 0)
    ),
    Figure("arqlight_queue_paused", "1 while an operator has stopped it.", lambda q: q.paused is not None),
    Figure("arqlight_queue_workers", "Living workers that claim its jobs.", lambda q: q.workers),
    Figure("arqlight_queue_slots", "How many of its jobs can run at a time.", lambda q: q.slots),
)
"""Of each queue."""

TOTALS = (
    ("enqueued", "arqlight_jobs_enqueued", "Jobs that were queued by us, not by stock producers."),
    ("completed", "arqlight_jobs_completed", "Attempts that succeeded."),
    ("retried", "arqlight_jobs_retried", "Attempts that failed and are followed by another."),
    ("dead", "arqlight_jobs_dead", "Jobs that failed for good."),
    ("cancelled", "arqlight_jobs_cancelled", "Jobs that were cancelled."),
    ("lapsed", "arqlight_jobs_lapsed", "Jobs whose worker went down with them."),
    ("refused", "arqlight_jobs_refused", "Calls on a job that came too late: its lease was lost."),
)
"""Event, name and meaning of what is counted of each queue since it was first used."""


def _workers(word: str) -> Callable[[FleetView], float]:
    return lambda view: sum(one.state == word for one in view.workers)


def _worst(of: Callable[[WorkerView], float]) -> Callable[[FleetView], float]:
    return lambda view: max(map(of, view.workers), default=0)


def _together(of: Callable[[WorkerView], float]) -> Callable[[FleetView], float]:
    return lambda view: sum(map(of, view.workers))


FLEET: tuple[Figure[FleetView], ...] = (
    Figure("arqlight_workers_running", "Worker processes that claim jobs.", _workers("running")),
    Figure("arqlight_workers_quiet", "Worker processes that were asked to claim nothing.", _workers("quiet")),
    Figure("arqlight_workers_draining", "Worker processes that end.", _workers("draining")),
    Figure(
        "arqlight_workers_silent",
        "Worker processes that should have told of themselves.",
        lambda view: sum(one.silent(view.at_ms) for one in view.workers),
    ),
    Figure("arqlight_workers_capacity_jobs", "Jobs that they can run at a time.", _together(lambda one: one.capacity)),
    Figure("arqlight_workers_busy_jobs", "Jobs that they run.", _together(lambda one: one.running)),
    Figure("arqlight_workers_resident_memory_bytes", "Memory of all of them.", _together(lambda one: one.rss)),
    Figure("arqlight_workers_cpu_ratio", "Cores that they keep busy.", _together(lambda one: one.cpu / 100)),
    Figure(
        "arqlight_workers_loop_lag_max_seconds",
        "The longest that an event loop was late since its worker's heartbeat before.",
        _worst(lambda one: _s(one.lag_ms)),
    ),
    Figure(
        "arqlight_workers_redis_round_trip_max_seconds",
        "How long the server took to answer the worker that waited longest.",
        _worst(lambda one: _s(one.round_trip_ms)),
    ),
    Figure(
        "arqlight_workers_troubled_chores",
        "Loops of workers that fail or are late.",
        _together(lambda one: sum(bool(one.trouble(chore)) for chore in one.chores)),
    ),
)
"""Of the whole fleet."""

SERVER: tuple[Figure[ServerView], ...] = (
    Figure("arqlight_redis_look_seconds", "How long the look for this page took.", lambda s: _s(s.round_trip_ms)),
    Figure("arqlight_redis_uptime_seconds", "Since the server was started.", lambda s: s.up_s),
    Figure("arqlight_redis_memory_used_bytes", "Memory that it uses.", lambda s: s.memory.used),
    Figure("arqlight_redis_memory_limit_bytes", "Memory that it may use; 0 for no limit.", lambda s: s.memory.limit),
    Figure("arqlight_redis_clients", "Connections to it.", lambda s: s.clients.connected),
    Figure("arqlight_redis_clients_limit", "Connections that it takes.", lambda s: s.clients.most),
    Figure("arqlight_redis_clients_refused", "Connections it refused.", lambda s: s.clients.refused, counts=True),
    Figure("arqlight_redis_keys", "Keys that it has.", lambda s: s.keys),
    Figure("arqlight_redis_evicted_keys", "Keys that it has evicted.", lambda s: s.traffic.evicted, counts=True),
    Figure("arqlight_redis_commands", "Commands that it has run.", lambda s: s.traffic.commands, counts=True),
    Figure("arqlight_redis_cpu_seconds", "Processor time that it has used.", lambda s: s.cpu_s, counts=True),
    Figure(
        "arqlight_redis_persistence_ok",
        "1 while its last writes to disk went well.",
        lambda s: s.persistence.aof_write == s.persistence.aof_rewrite == s.persistence.save == "ok",
    ),
    Figure("arqlight_redis_primary", "1 while it takes writes.", lambda s: s.replication.role == "master"),
    Figure("arqlight_redis_replica_lag_seconds", "Of its slowest replica.", lambda s: s.replication.lag_s or 0),
)
"""Of the server."""


def _s(milliseconds: float) -> float:
    return milliseconds / 1000
