"""`arqlight enqueue`: one job of any declared type."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.session import writing
from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.enqueue import enqueue as put
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store


async def enqueue(
    job_type: str,
    payload: str = "{}",
    /,
    *,
    delay: Annotated[float, Parameter(validator=Number(gte=0))] = 0,
    correlation_id: str = "",
    json: bool = False,
) -> int:
    """Queue one job.

    Args:
        job_type: The job type's name, such as billing.validate.
        payload: The payload as JSON, or what the type's own way in takes, such as a file.
        delay: Seconds to wait before it may run.
        correlation_id: What ties it to other jobs; `arqlight flow` shows them together.
        json: Print JSON.
    """
    settings = load()
    declared = Catalogue.discover("arqlight_jobs").job_type(job_type)
    async with writing(settings) as store:
        read = await parsed(declared, payload, settings)
        queued = await submit(store, declared, read, settings, delay=delay, correlation_id=correlation_id)
    if json:
        output.as_json(queued)
    elif queued.new:
        output.say(queued.job_id)
    elif queued.merged:
        output.say(f"{queued.job_id} waits already; it has this payload now")
    else:
        output.complain(f"nothing was queued: {queued.job_id} has the same id or key, and is not over or still kept")
    return 0 if queued.new or queued.merged else 1


async def parsed(declared: JobType[Any], text: str, settings: Settings) -> Any:
    """The payload that a person's words mean. Raises PayloadInvalid or UsageError."""
    if text.lstrip().startswith(("{", "[")) or declared.intake is None:
        try:
            return declared.parse(msgspec.json.decode(text))
        except msgspec.DecodeError as problem:
            raise UsageError(f"The payload is not JSON: {problem}.") from problem
    return await declared.intake(text, settings)


async def submit(
    store: Store,
    declared: JobType[Any],
    payload: Any,
    settings: Settings,
    *,
    delay: float = 0,
    correlation_id: str = "",
) -> Enqueued:
    """Make the queue known to the control room, and put the job into it."""
    await publish(store, [with_breaker_defaults(declared.queue, settings)])
    return await put(store, declared, payload, delay=timedelta(seconds=delay), correlation_id=correlation_id)
