"""Examines the server and the fleet: each check says what it found, whether that is wrong, and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from arqlight_core import observe
from arqlight_core.clock import monotonic, now_ms
from arqlight_core.jobs import State
from arqlight_core.observe import FleetView
from arqlight_core.store.gateway import Store

SLOW_ROUND_TRIP_MS = 50.0
SKEWED_CLOCK_MS = 1000.0
FULL_MEMORY = 0.8
DEAF_MS = 10_000
"""A worker that has not heard of a request for so long is stuck."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; a remedy only where something is wrong."""

    check: str
    found: str
    wrong: bool = False
    remedy: str = ""

    @property
    def mark(self) -> str:
        """The sign before its line."""
        return "✗" if self.wrong else "✓"


def _judged(check: str, found: str, remedy: str, *, wrong: bool) -> Finding:
    return Finding(check, found, wrong, remedy if wrong else "")


async def examine(store: Store) -> list[Finding]:
    """Every check, in the order in which they matter."""
    round_trip, skew = await _clocks(store)
    info = await store.info()
    view = await observe.fleet(store)
    server = [check(info) for check in _SERVER_CHECKS]
    return [*server, _round_trip(round_trip), _clock(skew), *_queues(view), *_workers(view)]


async def _clocks(store: Store) -> tuple[float, float]:
    """Median round trip of five (ms), and how far the server's clock is from ours (ms)."""
    trips: list[float] = []
    skews: list[float] = []
    for _ in range(5):
        began, ours = monotonic(), now_ms()
        theirs = await store.time_ms()
        trips.append((monotonic() - began) * 1000)
        skews.append(theirs - ours - trips[-1] / 2)
    return sorted(trips)[2], sorted(skews)[2]


def _version(info: dict[str, Any]) -> Finding:
    name = "Valkey" if info.get("server_name") == "valkey" else "Redis"
    return Finding("server", f"{name} {info.get('valkey_version') or info['redis_version']}")


def _eviction(info: dict[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", "unknown"))
    remedy = "CONFIG SET maxmemory-policy noeviction: an evicting server loses jobs"
    return _judged("eviction policy", policy, remedy, wrong=policy != "noeviction")


def _evicted(info: dict[str, Any]) -> Finding:
    evicted = int(info.get("evicted_keys", 0))
    remedy = "jobs may be lost: set noeviction, and compare your producers' records with the queues"
    return _judged("evicted keys", str(evicted), remedy, wrong=evicted > 0)


def _memory(info: dict[str, Any]) -> Finding:
    used, limit = int(info["used_memory"]), int(info.get("maxmemory") or 0)
    found = f"{used / 2**20:.1f} MiB of {f'{limit / 2**20:.0f} MiB' if limit else 'no limit'}"
    remedy = "raise maxmemory, or keep fewer ended jobs"
    return _judged("memory", found, remedy, wrong=bool(limit) and used > FULL_MEMORY * limit)


def _persistence(info: dict[str, Any]) -> Finding:
    if not int(info.get("aof_enabled", 0)):
        remedy = "CONFIG SET appendonly yes: a restart would lose what came since the last snapshot"
        return _judged("persistence", "no append-only file", remedy, wrong=True)
    told = str(info.get("aof_last_write_status", "ok"))
    return _judged("persistence", f"append-only file, last write {told}", "look at the disk", wrong=told != "ok")


def _role(info: dict[str, Any]) -> Finding:
    role = str(info.get("role", "master"))
    return _judged("role", role, "point REDIS_URL at the primary: a replica takes no writes", wrong=role != "master")


_SERVER_CHECKS: tuple[Callable[[dict[str, Any]], Finding], ...] = (
    _version,
    _role,
    _eviction,
    _evicted,
    _memory,
    _persistence,
)


def _round_trip(milliseconds: float) -> Finding:
    remedy = "look at the network and the server's slowlog"
    return _judged("round trip", f"{milliseconds:.2f} ms", remedy, wrong=milliseconds > SLOW_ROUND_TRIP_MS)


def _clock(skew_ms: float) -> Finding:
    remedy = "set both clocks by NTP: deferred jobs of stock producers start that much early or late"
    return _judged("clock", f"{skew_ms:+.0f} ms from ours", remedy, wrong=abs(skew_ms) > SKEWED_CLOCK_MS)


def _queues(view: FleetView) -> list[Finding]:
    found: list[Finding] = []
    for queue in view.queues:
        if queue.paused:
            remedy = f"`arqlight resume {queue.name}` when the reason is gone: {queue.paused.reason or 'none given'}"
            found.append(Finding("queue", f"{queue.name} paused by {queue.paused.by}", wrong=True, remedy=remedy))
        if queue.condition == "no worker":
            found.append(
                Finding("queue", f"{queue.name} has jobs and no worker", wrong=True, remedy="`arqlight fleet`")
            )
        if queue.unknown:
            unknown = f"{queue.name} has jobs that no worker knows: {', '.join(queue.unknown)}"
            remedy = "deploy the code of these job types"
            found.append(Finding("queue", unknown, wrong=True, remedy=remedy))
        if queue.counts[State.DEAD]:
            remedy = f"`arqlight jobs {queue.name} --state dead`, then retry or purge"
            dead = f"{queue.name} has {queue.counts[State.DEAD]} dead letters"
            found.append(Finding("queue", dead, wrong=True, remedy=remedy))
    return found or [Finding("queues", f"{len(view.queues)} known, none in trouble")]


def _workers(view: FleetView) -> list[Finding]:
    found: list[Finding] = []
    for worker in view.workers:
        if worker.stage == "requested" and worker.request and view.at_ms - worker.request.at_ms > DEAF_MS:
            heard = f"{worker.id} does not hear that it was asked to {worker.request.what}"
            remedy = "its event loop is stuck: look at what it runs longest with `arqlight workers`, or kill it"
            found.append(Finding("worker", heard, wrong=True, remedy=remedy))
        if worker.drift:
            drift = f"{worker.id} declares {', '.join(worker.drift)} otherwise than published"
            found.append(Finding("worker", drift, wrong=True, remedy="roll the fleet: old and new code run together"))
    return found or [Finding("workers", f"{len(view.workers)} alive")]
