"""What tests of auto-healing share: a run without a fleet, a registered site, and a case in any phase."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import insert, update

from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.flow import OnFailure, Tally
from arqlight_core.run import Opener
from arqlight_core.settings import Settings
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.case import Case
from arqlight_jobs.healer.incident import limits_of
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import WAYS, Phase
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.tables import incident_transitions, incidents
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.client import site_client

T = TypeVar("T")

SITE = Site("example.com", "example.com", "http://example.com")


class FakeRun:
    """A run as a handler sees it; what it opens is closed with `stack`, what it queues is in `queued`."""

    def __init__(self, settings: Settings, fence: int = 1, attempt: int = 1, job_id: str = "a-job") -> None:
        self.settings = settings
        self.fence = fence
        self.attempt = attempt
        self.job_id = job_id
        self.correlation_id = "test"
        self.children: Tally | None = None
        self.queued: list[tuple[str, Any]] = []
        self.percents: list[int] = []
        self.lines: list[str] = []
        self.stack = AsyncExitStack()
        self._opened: dict[Opener[Any], Any] = {}

    def progress(self, done: int, total: int, stage: str = "") -> None:  # noqa: ARG002 - a run's own signature
        self.percents.append(100 * done // max(total, 1))

    def log(self, line: str) -> None:
        self.lines.append(line)

    async def open(self, opener: Opener[T]) -> T:
        if opener not in self._opened:
            self._opened[opener] = await self.stack.enter_async_context(opener(self.settings))
        return self._opened[opener]

    async def enqueue(
        self,
        job_type: JobType[Any] | str,
        payload: Any,
        *,
        delay: timedelta = timedelta(0),  # noqa: ARG002 - a run's own signature
    ) -> Enqueued:
        name = job_type if isinstance(job_type, str) else job_type.name
        self.queued.append((name, payload))
        return Enqueued(f"job-{len(self.queued)}", new=True)

    async def spawn(
        self,
        job_type: JobType[Any] | str,
        payloads: Iterable[Any] | AsyncIterable[Any],
        *,
        on_failure: OnFailure = OnFailure.CONTINUE,
    ) -> int:
        raise NotImplementedError("healing spawns no children")


@asynccontextmanager
async def a_case(
    settings: Settings,
    site: Site = SITE,
    phase: Phase = Phase.DISCOVERY,
    outputs: Mapping[Phase, Mapping[str, Any]] | None = None,
    run: FakeRun | None = None,
) -> AsyncGenerator[Case]:
    """A case whose incident is in this phase and in the hands of the run; `outputs` are what phases before it gave."""
    own = run or FakeRun(settings)
    async with own.stack:
        engine = (await own.open(records)).engine
        store = Incidents(engine)
        incident, _ = await store.open(Opening(site.id), limits_of(settings))
        given = list((outputs or {}).items())
        async with engine.begin() as connection:
            for number, (source, output) in enumerate(given, 1):
                await connection.execute(insert(incident_transitions), _step(incident.id, number, source, output))
            attempts = int(phase in (Phase.FIX_ATTEMPT, Phase.VERIFY, Phase.ROLLBACK))
            told = {"phase": phase, "version": len(given), "attempts": attempts}
            await connection.execute(update(incidents).where(incidents.c.id == incident.id).values(**told))
        taken = await store.take(incident.id, phase, len(given), own.fence)
        assert taken
        files = Artifacts.of(settings, site.id, taken.id)
        steps = await store.steps(taken.id)
        yield Case(site, taken, steps, engine, settings, own, files, await own.open(site_client))


def _step(incident_id: str, number: int, source: Phase, output: Mapping[str, Any]) -> dict[str, Any]:
    way = next(way for way in WAYS if way.source is source)
    return {
        "incident_id": incident_id,
        "number": number,
        "source": source,
        "target": way.target,
        "outcome": way.outcome,
        "reason": "for a test",
        "at": now(),
        "duration_ms": 1,
        "job_id": "a-job",
        "output": dict(output),
    }
