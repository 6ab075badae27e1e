"""The queue of exports and its one job type: a file of rows that is there whole, or not at all.

An attempt begins a file of its own; what an earlier one has written is of no use. Rows are read by pages in the order
of a key, so a row that is new meanwhile may be in it or not, and none is in it twice.
"""

import codecs
import csv
import gzip
import hashlib
import io
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

from sqlalchemy import RowMapping

from arqlight_core.clock import now
from arqlight_core.declaration import Queue
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, SECOND, Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.custody import Custody, Status
from arqlight_jobs.crm.exporting_sources import SOURCES, Source
from arqlight_jobs.crm.exports import Export, export_of, folder, opens_for
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import ExportAsked
from arqlight_jobs.crm.tables.data import exports
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.drafts import drafted
from arqlight_jobs.tabular.formulas import guarded

TIMEOUT = 300 * SECOND
WORK_LIMIT = TIMEOUT - 20 * SECOND
"""As with imports: a last failure is to be recorded."""

RETRY = Backoff(2, first=10 * SECOND)

PAGE = 1000
"""Rows of one query."""

exporting = Queue(
    name="crm:export",
    purpose="Files of contacts, messages and campaigns for tenants to take away.",
    concurrency=2,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)


def job_id(asked: ExportAsked) -> str:
    """By the digest of tenant and query, and when it was asked for, which are the export's id."""
    return f"export:{asked.export_id.replace('-', ':')}"


@exporting.job("crm.data.export", ExportAsked, timeout=TIMEOUT, retry=RETRY, id_of=job_id)
async def export_data(run: Run, asked: ExportAsked) -> dict[str, Any]:
    """Write a file of a tenant's rows that spreadsheets can open without harm."""
    opened = await run.open(records)
    custody = Custody(opened.engine, exports, asked.export_id, run.fence)
    row = await custody.taken()
    if row["status"] == Status.WORKING:
        row = await custody.carried_out(run.attempt, RETRY, WORK_LIMIT, _write(run, opened, custody, row))
    if row["status"] == Status.FAILED:
        raise Discard(row["error"])
    return {name: row[name] for name in ("rows", "bytes", "digest")}


async def _write(run: Run, opened: Records, custody: Custody, row: RowMapping) -> None:
    source = SOURCES.get(row["what"])
    if source is None:
        raise Discard(f"{row['what']} cannot be exported")
    export = export_of(row)  # with the fence of this run: another's file is not its own
    target = folder(opened.settings) / export.file_name
    async with opened.engine.connect() as connection:
        expected = (await connection.execute(source.counted(row["tenant"]))).scalar_one()
    rows = 0
    with drafted(target) as raw, _Cells(raw, export) as cells:
        await in_thread(partial(cells.write, [source.columns]))
        async with aclosing(_pages(opened, source, row["tenant"])) as pages:
            async for page in pages:
                await in_thread(partial(cells.write, page))
                rows += len(page)
                run.progress(min(rows, expected), max(expected, 1), "rows")
        await in_thread(cells.finish)
    told = await in_thread(partial(_facts, target))
    await custody.ended(Status.DONE, rows=rows, expires_at=now() + opens_for(opened.settings), **told)
    run.progress(100, 100, "done")


async def _pages(opened: Records, source: Source, tenant: str) -> AsyncGenerator[list[list[str]]]:
    after = ""
    while True:
        async with opened.engine.connect() as connection:
            found = (await connection.execute(source.page(tenant, after, PAGE))).all()
        if found:
            yield [source.cells(row) for row in found]
        if len(found) < PAGE:
            return
        after = found[-1][0]


class _Cells:
    """Writes rows of cells to a file, each guarded; the file itself stays open."""

    def __init__(self, raw: BinaryIO, export: Export) -> None:
        self._raw = raw
        self._packed = gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) if export.compressed else None
        self._file: BinaryIO | gzip.GzipFile = self._packed or raw
        if export.marked:
            self._file.write(codecs.BOM_UTF8)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._packed:
            self._packed.close()

    def finish(self) -> None:
        """Have all of it on the disk: that takes its time, which the event loop does not have."""
        if self._packed:
            self._packed.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
        self._file.write(text.getvalue().encode(errors="replace"))


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "digest": hashlib.file_digest(file, "sha256").hexdigest()}
