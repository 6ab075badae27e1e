"""Schedules in a worker process: `python -m tests.faults.scheduled URL FOLDER`; its journal is in the folder."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import Backoff, CatchUp, Schedule
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet import schedules
from arqlight_fleet.process import run_process
from tests.faults.journal import Journal

HOUSE = Queue("faults:house", "Is kept tidy.", concurrency=5, poison_after=10)
NAMES = [f"tidy-{number}" for number in range(20)]
CRON, ZONE = "* * * * *", "UTC"
LOOK_EVERY = 0.2


class Nothing(msgspec.Struct):
    """Nothing has to be said."""


@asynccontextmanager
async def journal_of(settings: Settings) -> AsyncGenerator[Journal]:
    yield Journal(settings.data_dir / "journal")


@HOUSE.job("tidy_up", Nothing, timeout=timedelta(minutes=1), retry=Backoff(3))
async def tidy_up(run: Run, nothing: Nothing) -> None:  # noqa: ARG001 - a payload model, without anything in it
    """Notes that it ran."""
    (await run.open(journal_of)).note("start", run.job_id, run.attempt, run.fence)


for name in NAMES:
    HOUSE.schedule(Schedule(name, CRON, "tidy_up", timezone=ZONE, catch_up=CatchUp.ALL, at_most=100))

if __name__ == "__main__":
    schedules.LOOK_EVERY = LOOK_EVERY  # nobody waits half a minute for a test
    run_process([HOUSE], sys.argv[1], Settings(data_dir=Path(sys.argv[2]), lease=1.0, grace=0.5))
