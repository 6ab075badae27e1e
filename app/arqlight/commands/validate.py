"""`arqlight validate` and `arqlight validation`: check a billing file, and see what was found."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import Progress

from arqlight import output
from arqlight.session import writing
from arqlight_core import observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.operations.enqueueing import submit
from arqlight_core.settings import Settings, load
from arqlight_core.store.gateway import Store
from arqlight_jobs.billing import intake
from arqlight_jobs.billing import validation as billing

FOLLOW_EVERY = 0.3
_OVER = {"completed", "failed"}


async def validate(file: Path, /, *, wait: bool = False, json: bool = False) -> int:
    """Store a billing file and queue its validation.

    Args:
        file: A CSV file, at most 50 MB.
        wait: Follow the run to its end; exits 1 if it failed.
        json: Print JSON.
    """
    settings = load()
    async with writing(settings) as store:
        request = await intake.accept(file, settings)
        try:
            queued = await submit(store, billing.validate, request, settings)
        except BaseException:
            await intake.withdraw(request, settings)
            raise
        if wait:
            return await _follow(store, queued.job_id, request.validation_id, settings, json=json)
    told = {"validationId": request.validation_id, "status": "queued", "jobId": queued.job_id}
    output.as_json(told) if json else output.say(request.validation_id)
    return 0


async def validation(
    run_id: str, /, *, limit: Annotated[int | None, Parameter(validator=Number(gte=0))] = None, json: bool = False
) -> None:
    """What a validation found, or how far it is.

    Args:
        run_id: The id that `arqlight validate` printed.
        limit: Show at most so many findings.
        json: Print JSON.
    """
    report = await intake.report(run_id, load(), limit)
    output.as_json(report) if json else _show(report)


def _show(report: dict[str, Any]) -> None:
    run = report["run"]
    totals: dict[str, Any] = run["totals"] or {}
    output.say(f"run {run['id']}: {run['status']}, {run['progress']} %, attempt {run['attempt']}")
    if run["error_message"]:
        output.say(run["error_message"])
    if totals:
        found = ", ".join(f"{count} {severity}" for severity, count in totals["severities"].items()) or "nothing found"
        output.say(f"{totals['rows']} rows: {found}")
    if report["findings"]:
        columns = ("rule", "severity", "row", "message")
        output.table(columns, [[finding[column] for column in columns] for finding in report["findings"]])


async def _follow(store: Store, job_id: str, run_id: str, settings: Settings, *, json: bool) -> int:
    await _watch(store, job_id, run_id, settings)
    report = await intake.report(run_id, settings)
    output.as_json(report) if json else _show(report)
    return 0 if report["run"]["status"] == "completed" else 1


async def _watch(store: Store, job_id: str, run_id: str, settings: Settings) -> None:
    """Draw the run's progress on stderr until it is over, or its job is."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("queued", total=100)
        while True:
            run = (await intake.report(run_id, settings, limit=0))["run"]
            bar.update(task, completed=run["progress"], description=run["status"])
            if run["status"] in _OVER or await _is_gone(store, job_id):
                return
            await asyncio.sleep(FOLLOW_EVERY)


async def _is_gone(store: Store, job_id: str) -> bool:
    """Whether nobody will carry the run on: its job is dead, cancelled or purged."""
    try:
        return (await observe.job(store, job_id)).state in (State.DEAD, State.CANCELLED)
    except JobNotFound:
        return True
