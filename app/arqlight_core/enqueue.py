"""Puts jobs into queues: payloads validated, ids given, one round trip for many."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec

from arqlight_core.clock import now_ms
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.declaration import JobType, P
from arqlight_core.flow import Kinship
from arqlight_core.hashing import canonical_key
from arqlight_core.policy import milliseconds
from arqlight_core.secrecy import Sealer
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import NewJob, Placed

CHUNK = 500
"""Jobs queued by one script call."""

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered here: what it queues without a correlation id of its own gets this."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The id of the job that is queued now: a `new` one, or the one that holds the id or the unique key.

    `merged` says that the holder took this payload in place of its own (debounce).
    """

    job_id: str
    new: bool
    merged: bool = False


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
    keys, correlation_id = QueueKeys.declared(job_type.queue.name), correlation_id or REQUEST.get()
    told = (milliseconds(delay), correlation_id, store.sealer)
    live = await store.live.of(job_type)
    jobs = [new_job(keys, live, payload, *told) for payload in payloads]
    taken = [await store.run(scripts.enqueue(keys, jobs[at : at + CHUNK])) for at in range(0, len(jobs), CHUNK)]
    answers = [placed for chunk in taken for placed in chunk]
    if correlation_id:
        await store.plant(correlation_id, [job.job_id for job, placed in zip(jobs, answers, strict=True) if placed.new])
    return [enqueued(job, placed) for job, placed in zip(jobs, answers, strict=True)]


def enqueued(job: NewJob, placed: Placed) -> Enqueued:
    """What became of an enqueue, in words for whoever asked for it."""
    return Enqueued(placed.holder or job.job_id, placed.new, placed.merged)


def new_job(
    keys: QueueKeys, job_type: JobType[Any], payload: Any, delay_ms: int, correlation_id: str, sealer: Sealer
) -> NewJob:
    """A job as the store takes it, not yet queued."""
    own = job_type.id_of(payload) if job_type.id_of else uuid4().hex
    return born(keys.job_id(own), job_type, payload, delay_ms, Kinship(correlation_id or uuid4().hex), sealer)


def known_id(job_type: JobType[P], payload: P) -> str:
    """The id of the job that this payload is queued as; '' where the job type gives a random one."""
    return QueueKeys.declared(job_type.queue.name).job_id(job_type.id_of(payload)) if job_type.id_of else ""


def born(job_id: str, job_type: JobType[Any], payload: Any, delay_ms: int, kin: Kinship, sealer: Sealer) -> NewJob:
    """A job of this id as the store takes it, its sensitive fields sealed; not yet queued."""
    now = now_ms()
    fields = msgspec.to_builtins(payload)
    envelope = Envelope(
        function=job_type.name,
        args=(sealer.seal(fields, job_type.sealed) if job_type.sealed else fields,),
        kwargs={},
        enqueued_ms=now,
        correlation_id=kin.correlation_id,
        deadline_ms=now + delay_ms + milliseconds(job_type.deadline),
        parent=kin.parent,
        origin=kin.origin,
    )
    return NewJob(job_id, encode_job(envelope), delay_ms, job_type.priority.lane, *unique_of(job_type, payload))


def unique_of(job_type: JobType[Any], payload: Any) -> tuple[str, int, str]:
    """Key, time and mode as the store takes them; an empty key where none is declared."""
    unique = job_type.unique
    if unique is None:
        return "", 0, ""
    key = unique.by(payload) if unique.by else canonical_key(payload)
    return f"{job_type.name}:{key}", milliseconds(unique.ttl), unique.mode
