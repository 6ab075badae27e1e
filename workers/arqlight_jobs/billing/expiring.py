"""What is forgotten of billing validation: runs that have ended, and files whose run is over or never was."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.billing import uploads
from arqlight_jobs.billing.tables import Status, validation_runs
from arqlight_jobs.expiry import ArtifactRoot, Category

_OPEN = (Status.QUEUED, Status.PROCESSING)


async def _waiting(connection: AsyncConnection) -> frozenset[str]:
    chosen = select(validation_runs.c.file_id).where(validation_runs.c.status.in_(_OPEN))
    return frozenset(f"{file_id}.csv" for (file_id,) in await connection.execute(chosen))


RUNS = Category(
    "validation runs",
    validation_runs,
    validation_runs.c.finished_at,
    validation_runs.c.status.not_in(_OPEN),
    batch=1,  # up to 200,000 records go with each
)
UPLOADS = ArtifactRoot(
    "billing uploads", uploads.folder, 1, re.compile(r"[0-9a-f-]{36}\.(csv|part)"), validation_runs, _waiting
)
