"""Enqueueing as an operation, for whoever has a job type's name and a payload in plain values."""

from datetime import timedelta
from typing import Any

from arqlight_core.audit import Asked
from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.enqueue import enqueue as put
from arqlight_core.operations import audit, declared
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.rights import Capability, held
from arqlight_core.settings import Settings, load
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store


async def submit(
    store: Store,
    known: JobType[Any],
    payload: Any,
    settings: Settings,
    *,
    delay: timedelta = timedelta(0),
    correlation_id: str = "",
) -> Enqueued:
    """Make the queue known to the control room, if this login may, and put the job into it."""
    await make_known(store, with_breaker_defaults(known.queue, settings))
    return await put(store, known, payload, delay=delay, correlation_id=correlation_id)


async def submit_on_record(
    store: Store, known: JobType[Any], payload: Any, settings: Settings, *, actor: str, **how: Any
) -> Enqueued:
    """The same with its account in the audit trail, which a producer's login may not write."""
    if Capability.JOBS not in await held(store):
        return await submit(store, known, payload, settings, **how)
    queued: list[Enqueued] = []

    async def act(_ref: str) -> Report:
        queued.append(await submit(store, known, payload, settings, **how))
        return told(queued[0])

    await audit.witnessed(store, Asked(actor, "enqueue", known.name), act)
    return queued[0]


@operation(Target.QUEUE, Danger.REVERSIBLE, label="enqueue")
async def enqueue(  # noqa: PLR0913 - what is to be queued, and who asks
    store: Store,
    job_type: str,
    *,
    payload: dict[str, Any],
    delay: timedelta = timedelta(0),
    correlation_id: str = "",
    actor: str,  # noqa: ARG001 - the audit trail tells it
    reason: str = "",  # noqa: ARG001 - and this
    dry_run: bool = False,
) -> Report:
    """Queue one job.

    Args:
        store: The server.
        job_type: The job type's name, such as billing.validate.
        payload: Its fields.
        delay: How long it waits before it may run.
        correlation_id: What ties it to other jobs.
        actor: Who asks.
        reason: Why.
        dry_run: Only check the payload.
    """
    known = declared.needed_job_type(job_type)
    checked = known.parse(payload)
    if dry_run:
        return Report(1, f"would queue a job in {known.queue.name}")
    queued = await submit(store, known, checked, load(), delay=delay, correlation_id=correlation_id)
    return told(queued)


def told(queued: Enqueued) -> Report:
    """What became of it."""
    if queued.new:
        return Report(1, f"queued {queued.job_id}", operation=queued.job_id)
    if queued.merged:
        return Report(1, f"{queued.job_id} waits already; it has this payload now", operation=queued.job_id)
    why = f"{queued.job_id} has the same id or key, and is not over or still kept"
    return Report(0, f"nothing was queued: {why}", {why: 1}, operation=queued.job_id)
