"""Takes billing files in and tells what was found in them: what the command line and HTTP call."""

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from arqlight_core import clock
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.billing import uploads
from arqlight_jobs.billing.records import Records, records
from arqlight_jobs.billing.request import ValidationRequest, job_id
from arqlight_jobs.billing.tables import Status, validation_results, validation_runs
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.intake import take_in, take_over

QUEBEC = "America/Toronto"
"""The zone whose calendar decides what is late or in the future."""

QUEUED_WITHIN = 2 * MINUTE
"""How long it takes at most from a run on record to its job."""

MOST_LEFT = 100


async def accept(source: Path, settings: Settings, *, today: date | None = None) -> ValidationRequest:
    """Store a copy of the file and queue a run for it, as of today in Québec; enqueue what is returned.

    Raises UsageError when there is no such file, or it is empty, too large or no text.
    """
    request = _new_request()
    async with _stored(settings, request, lambda target: take_in(source, target)), records(settings) as opened:
        await _add_run(opened, request, source.name, today or _today())
    return request


async def adopt(opened: Records, draft: Path, name: str) -> ValidationRequest:
    """The same for a file in the folder of the uploads, which is moved and not copied; `name` is what it is called."""
    request = _new_request()
    async with _stored(opened.settings, request, lambda target: take_over(draft, target)):
        await _add_run(opened, request, name, _today())
    return request


async def accept_path(text: str, settings: Settings) -> ValidationRequest:
    """The same, for who names the file in words."""
    return await accept(Path(text), settings)


async def withdraw(request: ValidationRequest, settings: Settings) -> None:
    """Take back a run that could not be enqueued, with its file. One that has begun is left alone."""
    async with records(settings) as opened:
        await withdraw_from(opened, request)


async def withdraw_from(opened: Records, request: ValidationRequest) -> None:
    """The same, from records that are open."""
    queued = (validation_runs.c.id == request.validation_id, validation_runs.c.status == Status.QUEUED)
    async with opened.engine.begin() as connection:
        removed = await connection.execute(delete(validation_runs).where(*queued))
    if removed.rowcount:
        await in_thread(lambda: uploads.discard(opened.settings, request.file_id))


async def left_behind(opened: Records) -> list[ValidationRequest]:
    """The oldest runs of the last day that are queued for long: whoever took them in may not have queued their jobs."""
    runs = validation_runs.c
    came = runs.created_at > clock.now() - DAY, runs.created_at < clock.now() - QUEUED_WITHIN
    chosen = select(runs.id, runs.file_id).where(runs.status == Status.QUEUED, *came).order_by(runs.created_at)
    async with opened.engine.connect() as connection:
        return [ValidationRequest(*row) for row in await connection.execute(chosen.limit(MOST_LEFT))]


async def report(validation_id: str, settings: Settings, limit: int | None = None) -> dict[str, Any]:
    """The run and its findings by row, at most `limit` of them. Raises UsageError for an unknown id."""
    async with records(settings) as opened:
        return await report_of(opened, validation_id, limit)


async def report_of(opened: Records, validation_id: str, limit: int | None = None) -> dict[str, Any]:
    """The same, from records that are open."""
    results = validation_results.c
    found = (
        select(results.rule_id, results.severity, results.row_no, results.message, results.row_ids)
        .where(results.run_id == validation_id)
        .order_by(results.row_no, results.rule_id, results.number)
        .limit(limit)
    )
    chosen = select(validation_runs).where(validation_runs.c.id == validation_id)
    async with opened.engine.connect() as connection:
        run = (await connection.execute(chosen)).mappings().one_or_none()
        if run is None:
            raise UsageError("There is no validation run of that id; use the id that submitting the file gave.")
        findings = [_finding(*row) for row in await connection.execute(found)]
    return {"run": {name: _written(run[name]) for name in RUN_FIELDS}, "findings": findings}


RUN_FIELDS = (
    "id",
    "status",
    "progress",
    "attempt",
    "totals",
    "error_message",
    "job_id",
    "run_date",
    "created_at",
    "started_at",
    "finished_at",
)


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _finding(rule: str, severity: str, row: int, message: str, rows: list[int]) -> dict[str, Any]:
    finding: dict[str, Any] = {"rule": rule, "severity": severity, "row": row, "message": message}
    return {**finding, "rows": rows} if rows else finding


def _new_request() -> ValidationRequest:
    return ValidationRequest(str(uuid.uuid4()), str(uuid.uuid4()))


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(QUEBEC)).date()


@asynccontextmanager
async def _stored(settings: Settings, request: ValidationRequest, take: Callable[[Path], None]) -> AsyncGenerator[None]:
    """The file is where a worker looks for it; it stays there unless what is done meanwhile fails."""
    try:
        await in_thread(lambda: take(uploads.path_of(settings, request.file_id)))
        yield
    except BaseException:
        await in_thread(lambda: uploads.discard(settings, request.file_id))
        raise


async def _add_run(opened: Records, request: ValidationRequest, name: str, today: date) -> None:
    run = {
        "id": request.validation_id,
        "file_id": request.file_id,
        "file_name": opened.vault.seal(name.encode(errors="surrogateescape")),
        "run_date": today,
        "status": Status.QUEUED,
        "job_id": job_id(request),
        "created_at": clock.now(),
    }
    await opened.new_runs.add(run)
