"""Puts jobs into queues: payloads validated, ids given, one round trip for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec

from arqlight_core.catalogue import JobType, P
from arqlight_core.clock import now_ms
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import NewJob

CHUNK = 500
"""Jobs queued by one script call."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The id of a job; `new` is False when a job or kept result of that id was there already."""

    job_id: str
    new: bool


async def enqueue(
    store: Store,
    job_type: JobType[P],
    payload: P,
    *,
    delay: timedelta = timedelta(0),
    correlation_id: str = "",
) -> Enqueued:
    """Queue one job, at once or after a delay."""
    [enqueued] = await enqueue_many(store, job_type, [payload], delay=delay, correlation_id=correlation_id)
    return enqueued


async def enqueue_many(
    store: Store,
    job_type: JobType[P],
    payloads: Sequence[P],
    *,
    delay: timedelta = timedelta(0),
    correlation_id: str = "",
) -> list[Enqueued]:
    """Queue many jobs of one type, five hundred to a round trip."""
    keys = QueueKeys.declared(job_type.queue.name)
    jobs = [_new_job(keys, job_type, payload, milliseconds(delay), correlation_id) for payload in payloads]
    taken = [await store.run(scripts.enqueue(keys, jobs[at : at + CHUNK])) for at in range(0, len(jobs), CHUNK)]
    answers = [new for chunk in taken for new in chunk]
    return [Enqueued(job.job_id, new) for job, new in zip(jobs, answers, strict=True)]


def _new_job(keys: QueueKeys, job_type: JobType[Any], payload: Any, delay_ms: int, correlation_id: str) -> NewJob:
    own = job_type.id_of(payload) if job_type.id_of else uuid4().hex
    fields = msgspec.to_builtins(payload)
    envelope = Envelope(job_type.name, (fields,), {}, now_ms(), correlation_id or uuid4().hex)
    return NewJob(keys.job_id(own), encode_job(envelope), delay_ms)
