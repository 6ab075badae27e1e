"""One worker as a process of its own: `python -m tests.faults.worker_process OPTIONS`, the options as JSON."""

import logging
import sys
from pathlib import Path
from typing import Any

import msgspec

from arqlight_fleet.process import run
from arqlight_fleet.worker import FleetWorker
from tests.faults import work
from tests.faults.journal import Journal

NEVER = 1_000_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the worker is set up; `poison_after` NEVER where the test itself kills the workers of innocent jobs."""

    url: str
    journal: str
    lease: float = 1.5
    max_jobs: int = 5
    grace: float = 0.0
    poison_after: int = NEVER

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.faults.worker_process", msgspec.json.encode(self).decode()]


def worker_of(options: Options) -> FleetWorker:
    worker = FleetWorker(
        work.FUNCTIONS,
        url=options.url,
        lease=options.lease,
        max_jobs=options.max_jobs,
        job_completion_wait=options.grace,
        on_startup=_ready,
        ctx={"journal": Journal(Path(options.journal))},
    )
    for served in worker.served:
        served.poison_after = options.poison_after
    return worker


async def _ready(ctx: dict[Any, Any]) -> None:
    ctx["journal"].note("ready")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    given = msgspec.json.decode(sys.argv[1], type=Options)
    run(lambda: worker_of(given))
