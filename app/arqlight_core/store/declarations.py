"""Declarations as they are published, so that the control room needs none of the fleet's code."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from arqlight_core.clock import monotonic
from arqlight_core.declaration import JobType, Queue
from arqlight_core.live_settings import declared_settings
from arqlight_core.policy import SECOND, Keep, Limit, Schedule
from arqlight_core.policy.spelling import print_breaker
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QUEUES, QueueKeys
from arqlight_core.ticks import spoken_cron


async def publish(store: Store, queues: Iterable[Queue]) -> None:
    """Make these queues known to every control room."""
    await store.publish_queues(declarations(queues))


KNOWN_S = 5.0
"""How long whoever queues many jobs relies on having made their queue known."""


async def make_known(store: Store, queue: Queue) -> None:
    """Make this queue known, should the login be one that may: a producer's is not, and the fleet does it for him."""
    if monotonic() < store.known_until.get(queue.name, 0.0):
        return
    if all(await store.run(scripts.rights([f"HSET {QUEUES} {queue.name} {{}}"]))):
        await publish(store, [queue])
    store.known_until[queue.name] = monotonic() + KNOWN_S


def declarations(queues: Iterable[Queue]) -> dict[str, dict[str, Any]]:
    """Each queue's declaration in plain values; durations are in seconds."""
    return {queue.name: _queue(queue) for queue in queues}


def undeclared(keys: QueueKeys) -> dict[str, Any]:
    """What there is to tell of a queue that is served by arq's own arguments."""
    return {"wire": keys.wire, "purpose": "Functions of an arq worker."}


def fingerprint(declaration: Mapping[str, Any]) -> str:
    """Twelve characters that are the same wherever this declaration is the same: it tells versions apart."""
    text = json.dumps(declaration, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


def _queue(queue: Queue) -> dict[str, Any]:
    return {
        "wire": QueueKeys.declared(queue.name).wire,
        "purpose": queue.purpose,
        "concurrency": queue.concurrency,
        "poison_after": queue.poison_after,
        "retention": {"completed": _keep(queue.retention.completed), "dead": _keep(queue.retention.dead)},
        "limits": {limit.name: _limit(limit) for limit in queue.limits},
        "breaker": print_breaker(queue.breaker) if queue.breaker else "",
        "settings": declared_settings(queue),
        "job_types": {job.name: _job_type(job) for job in queue.job_types.values()},
        "schedules": {schedule.name: _schedule(schedule) for schedule in queue.schedules.values()},
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {"rates": [str(rate) for rate in limit.rates], "exact": limit.exact}


def _keep(keep: Keep) -> dict[str, Any]:
    return {"count": keep.count, "age": keep.age / SECOND}


def _job_type(job: JobType[Any]) -> dict[str, Any]:
    return {
        "description": job.description,
        "timeout": job.timeout / SECOND,
        "attempts": job.retry.attempts,
        "sensitive": sorted(job.sealed),
        "needs": {need.name: print_breaker(need.breaker) for need in job.needs},
    }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "job_type": schedule.job_type,
        "cron": schedule.cron,
        "spoken": spoken_cron(schedule.cron),
        "timezone": schedule.timezone,
        "catch_up": schedule.catch_up.value,
    }
