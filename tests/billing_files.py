"""What tests of billing validation share: a run without a fleet, files handed in, and rows by column."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Table, func, select

from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.flow import OnFailure, Tally
from arqlight_core.run import Opener
from arqlight_core.settings import Settings
from arqlight_jobs.billing import intake, uploads
from arqlight_jobs.billing.columns import Column
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.billing.rows import Cells, Row, read
from arqlight_jobs.billing.tables import billing_records, validation_results
from arqlight_jobs.billing.validation import validate

T = TypeVar("T")

TODAY = date(2025, 6, 1)

GOOD: dict[Column, str] = {
    Column.INVOICE: "128072497",
    Column.CLAIM: "15588984573",
    Column.DATE: "2025-05-14",
    Column.PERIOD: "202520",
    Column.PLACE: "55489",
    Column.CODE: "15774",
    Column.UNITS: "0",
    Column.AMOUNT: "47,05",
    Column.PAID: "47,05",
    Column.DOCTOR: "1234567-00000 | Gabarit, Zoé - Omnipraticien",
    Column.PATIENT: "EXEA54122816 - EXEMPLE, ALPHA",
}


class FakeRun:
    """A run as a handler sees it. `at` is cancelled or failed with when progress first gets there."""

    def __init__(self, settings: Settings, fence: int = 1, attempt: int = 1) -> None:
        self.settings = settings
        self.fence = fence
        self.attempt = attempt
        self.job_id = "validation-test"
        self.correlation_id = "test"
        self.children: Tally | None = None
        self.percents: list[int] = []
        self.stages: list[str] = []
        self.lines: list[str] = []
        self.stop_at = 101
        self.task: asyncio.Task[Any] | None = None
        self.failure: Exception | None = None
        self.stack = AsyncExitStack()

    def progress(self, done: int, total: int, stage: str = "") -> None:
        assert total == 100
        self.percents.append(done)
        if stage not in self.stages:
            self.stages.append(stage)
        if done >= self.stop_at:
            self._stop()

    def log(self, line: str) -> None:
        self.lines.append(line)

    async def open(self, opener: Opener[T]) -> T:
        return await self.stack.enter_async_context(opener(self.settings))

    async def enqueue(self, job_type: JobType[Any] | str, payload: Any, *, delay: timedelta = timedelta(0)) -> Enqueued:
        raise NotImplementedError("billing queues no follow-ups")

    async def spawn(
        self,
        job_type: JobType[Any] | str,
        payloads: Iterable[Any] | AsyncIterable[Any],
        *,
        on_failure: OnFailure = OnFailure.CONTINUE,
    ) -> int:
        raise NotImplementedError("billing spawns no children")

    def _stop(self) -> None:
        self.stop_at = 101
        if self.failure is not None:
            raise self.failure
        assert self.task is not None
        self.task.get_loop().call_soon_threadsafe(self.task.cancel)


async def carry_out(
    settings: Settings, request: ValidationRequest, *, fence: int = 1, attempt: int = 1
) -> dict[str, Any]:
    """One attempt from begin to end."""
    run = FakeRun(settings, fence, attempt)
    async with run.stack:
        return await validate.handler(run, request)


async def submit(settings: Settings, path: Path) -> ValidationRequest:
    return await intake.accept(path, settings, today=TODAY)


async def submit_bytes(settings: Settings, content: bytes) -> ValidationRequest:
    """A run whose stored file holds these bytes, whatever intake would say to them."""
    source = settings.data_dir / "source.csv"
    await asyncio.to_thread(source.write_bytes, b"placeholder")
    request = await submit(settings, source)
    await asyncio.to_thread(stored(settings, request).write_bytes, content)
    return request


def stored(settings: Settings, request: ValidationRequest) -> Path:
    return uploads.path_of(settings, request.file_id)


async def counted(settings: Settings, request: ValidationRequest, table: Table) -> int:
    async with records(settings) as opened, opened.engine.connect() as connection:
        chosen = select(func.count()).select_from(table).where(table.c.run_id == request.validation_id)
        return (await connection.execute(chosen)).scalar_one()


async def kept(settings: Settings, request: ValidationRequest) -> tuple[int, int]:
    """How many records and findings the run has."""
    return (
        await counted(settings, request, billing_records),
        await counted(settings, request, validation_results),
    )


@asynccontextmanager
async def attempt_stopped_at(
    settings: Settings, request: ValidationRequest, percent: int, *, fence: int = 1
) -> AsyncGenerator[FakeRun]:
    """An attempt that is cancelled when its progress gets there, with its resources still open."""
    run = FakeRun(settings, fence)
    run.stop_at = percent
    async with run.stack:
        run.task = asyncio.ensure_future(_attempted(run, request))
        await asyncio.wait([run.task])
        yield run


async def _attempted(run: FakeRun, request: ValidationRequest) -> dict[str, Any]:
    return await validate.handler(run, request)


def row_of(changes: Mapping[Column, str] | None = None, number: int = 1) -> Row:
    """A good row but for these cells."""
    cells = {**GOOD, **(changes or {})}
    return read(number, Cells(*(cells.get(column, "") for column in Column)), TODAY)
