"""Examines the server and the fleet: each check says what it found, whether that is wrong, and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from arqlight_core.clock import monotonic, now_ms
from arqlight_core.jobs import State
from arqlight_core.observe.fleet import FleetView, QueueView, fleet
from arqlight_core.observe.server import ServerView, view_of
from arqlight_core.observe.workers import WorkerView
from arqlight_core.store.gateway import Store

SLOW_ROUND_TRIP_MS = 50.0
SKEWED_CLOCK_MS = 1000.0
FULL_MEMORY = 0.8
FEW_CONNECTIONS = 0.9
"""Of the connections that the server takes, how many may be open."""
LATE_REPLICA_S = 10
DEAF_MS = 10_000
"""A worker that has not heard of a request for so long is stuck."""
_MIB = 2**20
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; a remedy only where something is wrong."""

    check: str
    found: str
    wrong: bool = False
    remedy: str = ""
    about: str = ""
    """The queue or the worker, where it is about one."""

    @property
    def mark(self) -> str:
        """The sign before its line."""
        return "✗" if self.wrong else "✓"


def _judged(check: str, found: str, remedy: str, *, wrong: bool) -> Finding:
    return Finding(check, found, wrong, remedy if wrong else "")


async def doctor(store: Store) -> tuple[Finding, ...]:
    """Every check, in the order in which they matter."""
    round_trip, skew = await _clocks(store)
    told, view = view_of(await store.info(), round_trip), await fleet(store)
    return (*of_server(told), _round_trip(round_trip), _clock(skew), *_queues(view), *of_workers(view))


async def _clocks(store: Store) -> tuple[float, float]:
    """Median round trip of five (ms), and how far the server's clock is from ours (ms)."""
    trips: list[float] = []
    skews: list[float] = []
    for _ in range(_SAMPLES):
        began, ours = monotonic(), now_ms()
        theirs = await store.time_ms()
        trips.append((monotonic() - began) * 1000)
        skews.append(theirs - ours - trips[-1] / 2)
    return sorted(trips)[_SAMPLES // 2], sorted(skews)[_SAMPLES // 2]


# ---------------------------------------------------------------------- the server


def of_server(view: ServerView) -> tuple[Finding, ...]:
    """What the server's own numbers say."""
    return tuple(check(view) for check in _SERVER_CHECKS)


def _version(view: ServerView) -> Finding:
    return Finding("server", view.name)


def _role(view: ServerView) -> Finding:
    role = view.replication.role
    return _judged("role", role, "point REDIS_URL at the primary: a replica takes no writes", wrong=role != "master")


def _eviction(view: ServerView) -> Finding:
    policy = view.memory.policy
    remedy = "CONFIG SET maxmemory-policy noeviction: an evicting server loses jobs"
    return _judged("eviction policy", policy, remedy, wrong=policy != "noeviction")


def _evicted(view: ServerView) -> Finding:
    evicted = view.traffic.evicted
    remedy = "jobs may be lost: set noeviction, and compare your producers' records with the queues"
    return _judged("evicted keys", str(evicted), remedy, wrong=evicted > 0)


def _memory(view: ServerView) -> Finding:
    used, limit = view.memory.used, view.memory.limit
    found = f"{used / _MIB:.1f} MiB of {f'{limit / _MIB:.0f} MiB' if limit else 'no limit'}"
    remedy = "raise maxmemory, or keep fewer ended jobs"
    return _judged("memory", found, remedy, wrong=bool(limit) and used > FULL_MEMORY * limit)


def _persistence(view: ServerView) -> Finding:
    told = view.persistence
    if not told.aof:
        remedy = "CONFIG SET appendonly yes: a restart would lose what came since the last snapshot"
        return _judged("persistence", "no append-only file", remedy, wrong=True)
    found = f"append-only file, last write {told.aof_write}, last rewrite {told.aof_rewrite}"
    return _judged("persistence", found, "look at the disk", wrong=told.aof_write != "ok" or told.aof_rewrite != "ok")


def _snapshot(view: ServerView) -> Finding:
    told = view.persistence.save
    remedy = "look at the disk and the server's log: a server that cannot save may refuse to write"
    return _judged("snapshot", f"last one {told}", remedy, wrong=told != "ok")


def _connections(view: ServerView) -> Finding:
    told = view.clients
    found = f"{told.connected} of {told.most}" + (f", {told.refused} refused since its start" if told.refused else "")
    full = bool(told.most) and told.connected > FEW_CONNECTIONS * told.most
    return _judged("connections", found, "raise maxclients, or find who does not close theirs", wrong=full)


def _replicas(view: ServerView) -> Finding:
    told = view.replication
    if told.lag_s is None:
        return Finding("replicas", str(told.replicas) if told.replicas else "none")
    found = f"{told.replicas}, the slowest was heard of {told.lag_s} s ago"
    return _judged("replicas", found, "look at the replica and its network", wrong=told.lag_s > LATE_REPLICA_S)


_SERVER_CHECKS: tuple[Callable[[ServerView], Finding], ...] = (
    _version,
    _role,
    _eviction,
    _evicted,
    _memory,
    _persistence,
    _snapshot,
    _connections,
    _replicas,
)


def _round_trip(milliseconds: float) -> Finding:
    remedy = "look at the network and the server's slowlog"
    return _judged("round trip", f"{milliseconds:.2f} ms", remedy, wrong=milliseconds > SLOW_ROUND_TRIP_MS)


def _clock(skew_ms: float) -> Finding:
    remedy = "set both clocks by NTP: deferred jobs of stock producers start that much early or late"
    return _judged("clock", f"{round(skew_ms):+d} ms from ours", remedy, wrong=abs(skew_ms) > SKEWED_CLOCK_MS)


# ---------------------------------------------------------------------- the fleet


def _queues(view: FleetView) -> list[Finding]:
    found = [finding for queue in view.queues for finding in _queue(queue)]
    return found or [Finding("queues", f"{len(view.queues)} known, none in trouble")]


def _queue(queue: QueueView) -> Iterator[Finding]:
    def wrong(told: str, remedy: str) -> Finding:
        return Finding("queue", f"{queue.name} {told}", wrong=True, remedy=remedy, about=queue.name)

    if queue.paused:
        why = queue.paused.reason or "none given"
        yield wrong(f"paused by {queue.paused.by}", f"`arqlight resume {queue.name}` when the reason is gone: {why}")
    if queue.condition == "no worker":
        yield wrong("has jobs and no worker", "`arqlight fleet`")
    if queue.unknown:
        yield wrong(f"has jobs that no worker knows: {', '.join(queue.unknown)}", "deploy the code of these job types")
    if dead := queue.counts[State.DEAD]:
        remedy = f"`arqlight jobs {queue.name} --state dead`, then retry or purge"
        yield wrong(f"has {dead} dead letters", remedy)


def of_workers(view: FleetView) -> list[Finding]:
    """What the workers' own words say."""
    found = [finding for worker in view.workers for finding in _worker(worker, view.at_ms)]
    return found or [Finding("workers", f"{len(view.workers)} alive")]


def _worker(worker: WorkerView, at_ms: int) -> Iterator[Finding]:
    def wrong(told: str, remedy: str) -> Finding:
        return Finding("worker", f"{worker.id} {told}", wrong=True, remedy=remedy, about=worker.id)

    if worker.silent(at_ms):
        remedy = "its process or its network has stopped: its jobs are taken over when their leases lapse"
        yield wrong(f"has not told of itself for {(at_ms - worker.beat_ms) // 1000} s", remedy)
    if worker.stage == "requested" and worker.request and at_ms - worker.request.at_ms > DEAF_MS:
        remedy = "its event loop is stuck: look at what it runs longest with `arqlight workers`, or kill it"
        yield wrong(f"does not hear that it was asked to {worker.request.what}", remedy)
    if worker.drift:
        remedy = "roll the fleet: old and new code run together"
        yield wrong(f"declares {', '.join(worker.drift)} otherwise than published", remedy)
    for chore in worker.chores:
        if trouble := worker.trouble(chore):
            yield wrong(f"has a chore that {trouble}: {chore.name}", "look at the worker's log")
