"""Takes billing files in and tells what was found in them: what the command line and HTTP call."""

import uuid
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from arqlight_core import clock
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.billing import uploads
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.request import ValidationRequest, job_id
from arqlight_jobs.billing.tables import Status, validation_results, validation_runs
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.intake import take_in

QUEBEC = "America/Toronto"
"""The zone whose calendar decides what is late or in the future."""


async def accept(source: Path, settings: Settings, *, today: date | None = None) -> ValidationRequest:
    """Store a copy of the file and queue a run for it, as of today in Québec; enqueue what is returned.

    Raises UsageError when there is no such file, or it is empty, too large or no text.
    """
    request = ValidationRequest(str(uuid.uuid4()), str(uuid.uuid4()))
    try:
        await in_thread(lambda: take_in(source, uploads.path_of(settings, request.file_id)))
        await _add_run(request, source.name, settings, today or clock.now().astimezone(ZoneInfo(QUEBEC)).date())
    except BaseException:
        await in_thread(lambda: uploads.discard(settings, request.file_id))
        raise
    return request


async def accept_path(text: str, settings: Settings) -> ValidationRequest:
    """The same, for who names the file in words."""
    return await accept(Path(text), settings)


async def withdraw(request: ValidationRequest, settings: Settings) -> None:
    """Take back a run that could not be enqueued, with its file. One that has begun is left alone."""
    queued = (validation_runs.c.id == request.validation_id, validation_runs.c.status == Status.QUEUED)
    async with records(settings) as opened, opened.engine.begin() as connection:
        removed = await connection.execute(delete(validation_runs).where(*queued))
    if removed.rowcount:
        await in_thread(lambda: uploads.discard(settings, request.file_id))


async def report(validation_id: str, settings: Settings, limit: int | None = None) -> dict[str, Any]:
    """The run and its findings by row, at most `limit` of them. Raises UsageError for an unknown id."""
    results = validation_results.c
    found = (
        select(results.rule_id, results.severity, results.row_no, results.message, results.row_ids)
        .where(results.run_id == validation_id)
        .order_by(results.row_no, results.rule_id, results.number)
        .limit(limit)
    )
    chosen = select(validation_runs).where(validation_runs.c.id == validation_id)
    async with records(settings) as opened, opened.engine.connect() as connection:
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


async def _add_run(request: ValidationRequest, name: str, settings: Settings, today: date) -> None:
    async with records(settings) as opened, opened.engine.begin() as connection:
        run = {
            "id": request.validation_id,
            "file_id": request.file_id,
            "file_name": opened.vault.seal(name.encode(errors="surrogateescape")),
            "run_date": today,
            "status": Status.QUEUED,
            "job_id": job_id(request),
            "created_at": clock.now(),
        }
        await connection.execute(insert(validation_runs), run)
