"""`arqlight enqueue`: one job of any declared type."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.session import writing
from arqlight_core.catalogue import Catalogue, JobType
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
    json: bool = False,
) -> int:
    """Queue one job.

    Args:
        job_type: The job type's name, such as billing.validate.
        payload: The payload as JSON, or what the type's own way in takes, such as a file.
        delay: Seconds to wait before it may run.
        json: Print JSON.
    """
    settings = load()
    declared = Catalogue.discover("arqlight_jobs").job_type(job_type)
    async with writing(settings) as store:
        queued = await submit(store, declared, await parsed(declared, payload, settings), delay=delay)
    if json:
        output.as_json(queued)
    elif queued.new:
        output.say(queued.job_id)
    else:
        output.complain(f"a job or kept result of the id {queued.job_id} exists already; nothing was queued")
    return 0 if queued.new else 1


async def parsed(declared: JobType[Any], text: str, settings: Settings) -> Any:
    """The payload that a person's words mean. Raises PayloadInvalid or UsageError."""
    if text.lstrip().startswith(("{", "[")) or declared.intake is None:
        try:
            return declared.parse(msgspec.json.decode(text))
        except msgspec.DecodeError as problem:
            raise UsageError(f"The payload is not JSON: {problem}.") from problem
    return await declared.intake(text, settings)


async def submit(store: Store, declared: JobType[Any], payload: Any, *, delay: float = 0) -> Enqueued:
    """Make the queue known to the control room, and put the job into it."""
    await publish(store, [declared.queue])
    return await put(store, declared, payload, delay=timedelta(seconds=delay))
