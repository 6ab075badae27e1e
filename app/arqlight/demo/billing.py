"""Billing files for the demonstration: clean ones, ones that break rules, broken ones, and a database that balks."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight_core import observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_jobs.billing.intake import accept
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.billing.samples import write_sample
from arqlight_jobs.billing.validation import validate

KINDS = ("clean", "balking", "faulty", "broken", "clean", "long", "faulty", "clean")
BREAKING = frozenset({"balking", "broken"})
"""Those that fail a job: on a calm day none comes."""

PACE_SECONDS = 0.8
WATCH_SECONDS = 0.2
LONG_ROWS = 25_000
"""Enough for a progress bar to be watched."""


def kinds(*, calm: bool) -> list[str]:
    """The kinds as they come in turn."""
    return [kind for kind in KINDS if not (calm and kind in BREAKING)]


class BillingTraffic:
    """Sends one file after another, the kinds in turn."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._settings = ground.settings
        self._random = random.Random(7)  # noqa: S311 - sample data
        self._kinds = kinds(calm=ground.calm)
        self._sent = 0
        self._over = False

    @property
    def settled(self) -> bool:
        """Whether every file has been begun; the fleet's drain waits for those that are being read."""
        return not self._ground.account.waits(validate.queue.name)

    def wind_down(self) -> None:
        """Send no more files."""
        self._over = True

    async def run(self) -> None:
        """One file after the other."""
        async with asyncio.TaskGroup() as group:
            while not self._over:
                kind = self._kinds[self._sent % len(self._kinds)]
                self._sent += 1
                path = self._settings.data_dir / f"sample-{self._sent}.csv"
                await asyncio.to_thread(self._write, kind, path)
                group.create_task(self._send(kind, path))
                await asyncio.sleep(PACE_SECONDS)

    async def look(self) -> None:
        """Nothing follows from what became of a file."""

    def section(self) -> Section | None:
        """The account of jobs says it all."""
        return None

    def _write(self, kind: str, path: Path) -> None:
        if kind == "broken":
            path.write_text("Facture;Code\n123456789;15815\n")
            return
        rows = LONG_ROWS if kind == "long" else self._random.randint(60, 400)
        violations = {"R03": 2, "R06": 3, "R10": 1, "R12": 2} if kind == "faulty" else {}
        encoding = self._random.choice(("cp1252", "utf-8", "utf-8-sig"))
        write_sample(path, rows=rows, violations=violations, encoding=encoding, delimiter=";", seed=self._sent)

    async def _send(self, kind: str, path: Path) -> None:
        request = await accept(path, self._settings)
        await asyncio.to_thread(path.unlink)
        if kind == "balking" and not self._settings.database_url:
            async with self._balking(request):
                job_id = await self._ground.queue(validate, request)
                await self._until_retrying(job_id)
        else:
            await self._ground.queue(validate, request)

    async def _until_retrying(self, job_id: str) -> None:
        while True:
            try:
                view = await observe.job(self._ground.store, job_id)
            except JobNotFound:
                return
            if view.failures or view.state not in (State.WAITING, State.ACTIVE):
                return
            await asyncio.sleep(WATCH_SECONDS)

    @asynccontextmanager
    async def _balking(self, request: ValidationRequest) -> AsyncGenerator[None]:
        """A transient fault: for a while the database refuses this run's records."""
        name = f"balk_{request.validation_id.replace('-', '')}"
        refusal = "BEGIN SELECT RAISE(ABORT, 'the database balks'); END"
        when = f"WHEN NEW.run_id = '{request.validation_id}'"
        await self._execute(f"CREATE TRIGGER {name} BEFORE INSERT ON billing_records {when} {refusal}")
        try:
            yield
        finally:
            await self._execute(f"DROP TRIGGER {name}")

    async def _execute(self, statement: str) -> None:
        async with records(self._settings) as opened, opened.engine.begin() as connection:
            await connection.execute(text(statement))


@asynccontextmanager
async def billing_traffic(ground: Ground) -> AsyncGenerator[BillingTraffic]:
    """Billing needs no world of its own."""
    yield BillingTraffic(ground)


BILLING = System((validate.queue.name,), billing_traffic)
