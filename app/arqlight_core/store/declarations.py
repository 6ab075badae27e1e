"""Declarations as they are published, so that the control room needs none of the fleet's code."""

from collections.abc import Iterable
from typing import Any

from arqlight_core.catalogue import JobType, Queue
from arqlight_core.policy import SECOND, Keep
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys


async def publish(store: Store, queues: Iterable[Queue]) -> None:
    """Make these queues known to every control room."""
    await store.publish_queues(declarations(queues))


def declarations(queues: Iterable[Queue]) -> dict[str, dict[str, Any]]:
    """Each queue's declaration in plain values; durations are in seconds."""
    return {queue.name: _queue(queue) for queue in queues}


def _queue(queue: Queue) -> dict[str, Any]:
    return {
        "wire": QueueKeys.declared(queue.name).wire,
        "purpose": queue.purpose,
        "concurrency": queue.concurrency,
        "poison_after": queue.poison_after,
        "retention": {"completed": _keep(queue.retention.completed), "dead": _keep(queue.retention.dead)},
        "job_types": {job.name: _job_type(job) for job in queue.job_types.values()},
    }


def _keep(keep: Keep) -> dict[str, Any]:
    return {"count": keep.count, "age": keep.age / SECOND}


def _job_type(job: JobType[Any]) -> dict[str, Any]:
    return {
        "description": job.description,
        "timeout": job.timeout / SECOND,
        "attempts": job.retry.attempts,
        "sensitive": sorted(job.sensitive),
    }
