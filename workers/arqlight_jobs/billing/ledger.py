"""Every write of one attempt, each refused as soon as another attempt has taken the run over.

The run's row holds the fence of its owner. A transaction begins by updating that row under the writer's own fence:
the update locks it, so no two owners interleave, and finds nothing once a higher fence stands there. Whatever a
stopped worker still wants to write when it wakes is rolled back.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core import clock
from arqlight_core.errors import LeaseLost
from arqlight_jobs.billing.findings import Finding
from arqlight_jobs.billing.keeping import Record
from arqlight_jobs.billing.rules import BY_ID
from arqlight_jobs.billing.runlog import Level, SafeMetadata
from arqlight_jobs.billing.tables import Status, billing_records, validation_logs, validation_results, validation_runs

OPEN = (Status.QUEUED, Status.PROCESSING)


class RunState(NamedTuple):
    """A run as an attempt finds it."""

    status: Status
    attempt: int
    run_date: date
    totals: dict[str, Any] | None
    error_message: str | None


class RunUnknown(Exception):
    """There is no such validation run of that file."""


class Ledger:
    """The pen of one attempt. Every method but `begin` raises LeaseLost when the run has another owner or has ended."""

    def __init__(self, engine: AsyncEngine, run_id: str, fence: int) -> None:
        self.engine = engine
        self.run_id = run_id
        self._fence = fence

    async def begin(self, job_id: str, file_id: str) -> RunState:
        """Take the run over and clear what earlier attempts left. A run that has ended is returned as it is.

        Raises RunUnknown when there is no such run of that file, and LeaseLost unless its owner's fence is lower.
        """
        runs = validation_runs.c
        this = (runs.id == self.run_id, runs.file_id == file_id)
        taken = (
            update(validation_runs)
            .where(*this, runs.fence < self._fence, runs.status.in_(OPEN))
            .values(fence=self._fence, attempt=runs.attempt + 1, job_id=job_id, status=Status.PROCESSING, progress=0)
            .values(started_at=clock.now(), error_message=None)
        )
        async with self.engine.begin() as connection:
            changed = await connection.execute(taken)
            state = await _state(connection, *this)
            if changed.rowcount == 1:
                for table in (billing_records, validation_results):
                    await connection.execute(delete(table).where(table.c.run_id == self.run_id))
            elif state.status in OPEN:
                raise LeaseLost(f"Validation run {self.run_id} has a newer owner.")
            return state

    async def save_progress(self, percent: int) -> None:
        """Write how far the attempt is."""
        async with self._owned(progress=percent):
            pass

    async def add_records(self, records: Sequence[Record], percent: int) -> None:
        """Insert a batch of records together with the progress it makes."""
        async with self._owned(progress=percent) as connection:
            rows = [{"run_id": self.run_id, **msgspec.structs.asdict(record)} for record in records]
            await connection.execute(insert(billing_records), rows)

    async def add_findings(self, findings: Sequence[Finding], first: int, percent: int) -> None:
        """Insert a batch of findings, numbered from `first`, together with the progress it makes."""
        async with self._owned(progress=percent) as connection:
            rows = [self._result(number, finding) for number, finding in enumerate(findings, first)]
            await connection.execute(insert(validation_results), rows)

    async def complete(self, totals: dict[str, Any]) -> None:
        """End the run well."""
        async with self._owned(status=Status.COMPLETED, progress=100, totals=totals, finished_at=clock.now()):
            pass

    async def fail(self, message: str) -> None:
        """End the run for good; records and findings of the attempt are of no use and go."""
        async with self._owned(status=Status.FAILED, error_message=message, finished_at=clock.now()) as connection:
            for table in (billing_records, validation_results):
                await connection.execute(delete(table).where(table.c.run_id == self.run_id))

    async def log(self, source: str, message: str, metadata: SafeMetadata, level: Level = Level.INFO) -> None:
        """Add a line to the run's log."""
        line = {"run_id": self.run_id, "timestamp": clock.now(), "level": level, "source": source, "message": message}
        async with self._owned(job_id=validation_runs.c.job_id) as connection:
            await connection.execute(insert(validation_logs), {**line, "metadata": msgspec.to_builtins(metadata)})

    @asynccontextmanager
    async def _owned(self, **values: Any) -> AsyncGenerator[AsyncConnection]:
        runs = validation_runs.c
        mine = update(validation_runs).where(runs.id == self.run_id, runs.fence == self._fence, runs.status.in_(OPEN))
        async with self.engine.begin() as connection:
            if (await connection.execute(mine.values(**values))).rowcount != 1:
                raise LeaseLost(f"Validation run {self.run_id} has a newer owner or has ended.")
            yield connection

    def _result(self, number: int, finding: Finding) -> dict[str, Any]:
        rule = BY_ID[finding.rule]
        return {
            "run_id": self.run_id,
            "number": number,
            "rule_id": finding.rule,
            "severity": finding.severity,
            "category": rule.category,
            "row_no": finding.row,
            "message": finding.message,
            "solution": rule.solution,
            "row_ids": finding.rows,
            "rule_data": finding.facts,
        }


async def _state(connection: AsyncConnection, *which: ColumnElement[bool]) -> RunState:
    runs = validation_runs.c
    chosen = select(runs.status, runs.attempt, runs.run_date, runs.totals, runs.error_message)
    found = (await connection.execute(chosen.where(*which))).one_or_none()
    if found is None:
        raise RunUnknown
    return RunState(Status(found.status), *found[1:])
