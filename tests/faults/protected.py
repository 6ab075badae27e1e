"""Queues with limits, breakers and keys in their own process: `python -m tests.faults.protected URL FOLDER`."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.errors import Unavailable
from arqlight_core.policy import SECOND, Backoff, Breaker, Dependency, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.process import run_process
from tests.faults.journal import Journal
from tests.faults.work import gate

LEASE, GRACE = 1.0, 0.5
API = Dependency("api", Breaker(faults=3, open_for=0.5 * SECOND, probes=1, successes=1, ramp=0 * SECOND))


class Mail(msgspec.Struct):
    tenant: str


class Visit(msgspec.Struct):
    """Work at a site; it lasts until its gate is open."""

    site: str
    gate: str = ""


PER_TENANT = Limit("tenant mail", (Rate(3, SECOND),), by=lambda mail: mail.tenant, exact=True)
MAILS = Queue("protected:mails", "Mails under a tenant's limit.", concurrency=20, limits=(PER_TENANT,))
FRAGILE = Queue(
    "protected:fragile",
    "Work that fails while the storm lasts.",
    concurrency=3,
    breaker=Breaker(faults=5, open_for=0.5 * SECOND, successes=2, ramp=0 * SECOND),
)
SITES = Queue("protected:sites", "Work at sites.", concurrency=20)
ONCE = Backoff(1)
AGAIN = Backoff(50, first=0.2 * SECOND, factor=1)


@asynccontextmanager
async def journal_of(settings: Settings) -> AsyncGenerator[Journal]:
    yield Journal(settings.data_dir / "journal")


async def _noted(run: Run, event: str) -> Journal:
    journal = await run.open(journal_of)
    journal.note(event, run.job_id, run.attempt, run.fence)
    return journal


@MAILS.job("protected.mail", Mail, timeout=timedelta(minutes=1), retry=ONCE)
async def send(run: Run, mail: Mail) -> str:
    """Send nothing."""
    await _noted(run, "start")
    return mail.tenant


@FRAGILE.job("protected.storm", Mail, timeout=timedelta(minutes=1), retry=AGAIN)
async def weather(run: Run, _: Mail) -> None:
    """Fail until the gate is open."""
    journal = await _noted(run, "start")
    if not gate(journal, "calm").exists():
        raise ConnectionError("storm")
    journal.note("end", run.job_id, run.attempt, run.fence)


@SITES.job("protected.visit", Visit, timeout=timedelta(minutes=1), retry=AGAIN, exclusive=lambda to: to.site)
async def visit(run: Run, to: Visit) -> None:
    """Be at the site until its gate is open."""
    journal = await _noted(run, "start")
    while to.gate and not gate(journal, to.gate).exists():  # noqa: ASYNC110 - another process opens it
        await asyncio.sleep(0.01)
    journal.note("end", run.job_id, run.attempt, run.fence)


@SITES.job("protected.call", Mail, timeout=timedelta(minutes=1), retry=AGAIN, needs=(API,))
async def call(run: Run, _: Mail) -> None:
    """Ask a dependency that is down until the gate is open."""
    journal = await _noted(run, "start")
    if not gate(journal, "up").exists():
        raise Unavailable("down", dependency="api")
    journal.note("end", run.job_id, run.attempt, run.fence)


QUEUES = (MAILS, FRAGILE, SITES)

if __name__ == "__main__":
    run_process(QUEUES, sys.argv[1], Settings(data_dir=Path(sys.argv[2]), lease=LEASE, grace=GRACE))
