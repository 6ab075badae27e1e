"""`arqlight enqueue`: one job of any declared type."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.session import actor, writing
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.settings import Settings, load


async def enqueue(
    job_type: str,
    payload: str = "{}",
    /,
    *,
    delay: Annotated[float, Parameter(validator=Number(gte=0))] = 0,
    correlation_id: str = "",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> int:
    """Queue one job.

    Args:
        job_type: The job type's name, such as billing.validate.
        payload: The payload as JSON, or what the type's own way in takes, such as a file.
        delay: Seconds to wait before it may run.
        correlation_id: What ties it to other jobs; `arqlight flow` shows them together.
        dry_run: Only check the payload, should it be JSON.
        json: Print JSON.
    """
    settings = load()
    declared = Catalogue.discover("arqlight_jobs").job_type(job_type)
    if dry_run:
        return _checked(declared, payload)
    async with writing(settings) as store:
        read = await parsed(declared, payload, settings)
        wait = timedelta(seconds=delay)
        how = {"delay": wait, "correlation_id": correlation_id}
        queued = await submit_on_record(store, declared, read, settings, actor=actor(), **how)
    if json:
        output.as_json(queued)
    elif queued.new:
        output.say(queued.job_id)
    elif queued.merged:
        output.say(f"{queued.job_id} waits already; it has this payload now")
    else:
        output.complain(f"nothing was queued: {queued.job_id} has the same id or key, and is not over or still kept")
    return 0 if queued.new or queued.merged else 1


def _checked(declared: JobType[Any], text: str) -> int:
    """A way in may store what it is given: only JSON can be checked without a trace."""
    if _is_json(declared, text):
        _decoded(declared, text)
    output.say(f"would queue a job in {declared.queue.name}")
    return 0


def _is_json(declared: JobType[Any], text: str) -> bool:
    return text.lstrip().startswith(("{", "[")) or declared.intake is None


def _decoded(declared: JobType[Any], text: str) -> Any:
    try:
        return declared.parse(msgspec.json.decode(text))
    except msgspec.DecodeError as problem:
        raise UsageError(f"The payload is not JSON: {problem}.") from problem


async def parsed(declared: JobType[Any], text: str, settings: Settings) -> Any:
    """The payload that a person's words mean. Raises PayloadInvalid or UsageError."""
    if declared.intake is None or _is_json(declared, text):
        return _decoded(declared, text)
    return await declared.intake(text, settings)
