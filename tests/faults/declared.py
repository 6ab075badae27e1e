"""A declared queue in its own process: `python -m tests.faults.declared URL FOLDER`; its journal is in the folder."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import Backoff
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from tests.faults.journal import Journal
from tests.faults.work import gate

LINE = Queue("faults:line", "Work that is interrupted.", concurrency=5)
LEASE, GRACE = 1.0, 0.5


class Order(msgspec.Struct):
    """What a job has to do."""

    gate: str
    failures: int = 0


@asynccontextmanager
async def journal_of(settings: Settings) -> AsyncGenerator[Journal]:
    yield Journal(settings.data_dir / "journal")


@LINE.job("faults_work", Order, timeout=timedelta(minutes=1), retry=Backoff(3, first=timedelta(seconds=0.1)))
async def fulfil(run: Run, order: Order) -> int:
    """Fails as often as it is told, then runs until the gate is open."""
    journal = await run.open(journal_of)
    journal.note("start", run.job_id, run.attempt, run.fence)
    if run.attempt <= order.failures:
        raise ConnectionError("not yet")
    while not gate(journal, order.gate).exists():  # noqa: ASYNC110 - another process opens it
        await asyncio.sleep(0.01)
    journal.note("end", run.job_id, run.attempt, run.fence)
    return run.attempt


if __name__ == "__main__":
    run_process([LINE], sys.argv[1], Settings(data_dir=Path(sys.argv[2]), lease=LEASE, grace=GRACE))
