"""What is forgotten of billing validation: runs that have ended, and files whose run is over or never was."""

import re

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.policy import DAY
from arqlight_jobs.billing import uploads
from arqlight_jobs.billing.tables import Status, validation_runs
from arqlight_jobs.expiry import ArtifactRoot, Category

_OPEN = (Status.QUEUED, Status.PROCESSING)


BEGUN_WITHIN = 8 * DAY
"""A run that is queued for longer is never begun: its job is past its deadline, or whoever took it in died before."""


async def _waiting(connection: AsyncConnection) -> frozenset[str]:
    runs = validation_runs.c
    may_begin = or_(runs.status == Status.PROCESSING, runs.created_at > now() - BEGUN_WITHIN)
    chosen = select(runs.file_id).where(runs.status.in_(_OPEN), may_begin)
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
