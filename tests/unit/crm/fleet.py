"""A real worker on a real server that serves queues of the CRM, beside stand-ins for those that it queues jobs in."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import SECOND, Backoff, RetryPolicy, Steps
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.crm.requests import ChatAsked, EmailAsked, MessageAsked, NotificationAsked
from tests.faults.shop import serving

SHRUNK = 1e-6
"""What a schedule of three days is multiplied by."""


@dataclass
class Elsewhere:
    """The other queues: what arrived there."""

    arrived: list[Any] = field(default_factory=list[Any])

    @property
    def queues(self) -> list[Queue]:
        return [
            self._queue("crm:message", "crm.message.send", MessageAsked, lambda one: f"message:{one.client_ref}"),
            self._queue("crm:email", "crm.email.send", EmailAsked, lambda one: f"email:{one.content}:{one.entity}"),
            self._queue("crm:ai", "crm.ai.chat", ChatAsked, lambda one: f"ai:{one.conversation}:{one.inbound}"),
            self._queue(
                "crm:notification",
                "crm.notification.send",
                NotificationAsked,
                lambda one: f"notification:{one.user}:{one.kind}:{one.entity}:{one.bucket}",
            ),
        ]

    def _queue(self, name: str, job: str, payload: type[msgspec.Struct], id_of: Callable[[Any], str]) -> Queue:
        made = Queue(name, "To be looked at.", concurrency=5)

        async def note(_run: Run, asked: Any) -> None:
            """Take note of it."""
            self.arrived.append(asked)

        made.job(job, payload, timeout=SECOND, retry=Backoff(1), id_of=id_of)(note)
        return made


def hurried(queue: Queue, retry: RetryPolicy) -> Queue:
    """The queue with another retry policy in all its job types."""
    jobs: dict[str, JobType[Any]] = {name: replace(job, retry=retry) for name, job in queue.job_types.items()}
    return replace(queue, job_types=jobs)


def shrunk(steps: Steps) -> Steps:
    """The same schedule in a moment."""
    return replace(steps, waits=tuple(wait * SHRUNK for wait in steps.waits))


@asynccontextmanager
async def at_work(store: Store, settings: Settings, *queues: Queue) -> AsyncGenerator[tuple[FleetWorker, Elsewhere]]:
    """A worker that serves these queues and the others."""
    elsewhere = Elsewhere()
    async with serving(store, *queues, *elsewhere.queues, settings=settings) as worker:
        yield worker, elsewhere
