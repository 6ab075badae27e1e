"""Workers that look for alerts often: `python -m tests.faults.alarmed URL FOLDER`; who is told is in the journal."""

import sys
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.policy import Backoff
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet import alarms, background
from arqlight_fleet.process import run_process
from tests.faults.declared import journal_of

HALL = Queue("faults:hall", "What is looked after.", concurrency=1)
BELLS = Queue("faults:bells", "Who is told.", concurrency=1)
EVERY, LEASE_MS = 0.1, 1_000


class Ring(msgspec.Struct):
    """What people are told."""

    fingerprint: str
    severity: str
    subject: str
    title: str
    text: str


@BELLS.job("ring", Ring, timeout=timedelta(seconds=5), retry=Backoff(1))
async def ring(run: Run, told: Ring) -> None:
    """Note that somebody was told."""
    (await run.open(journal_of)).note(told.severity, run.job_id)


@HALL.job("nothing", Ring, timeout=timedelta(seconds=5), retry=Backoff(1))
async def nothing(_run: Run, _told: Ring) -> None:
    """Nothing."""


if __name__ == "__main__":
    background.LOOK_FOR_ALERTS_EVERY = EVERY
    alarms.LEASE_MS = LEASE_MS
    told = Settings(data_dir=Path(sys.argv[2]), lease=1.0, grace=0.5, alerts="hold=2, gone=2")
    run_process([HALL, BELLS], sys.argv[1], told, alarm=ring)
