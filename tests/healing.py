"""What tests of auto-healing share: a registered site, and a case in any phase."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import insert, update

from arqlight_core.clock import now
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
from tests.running import FakeRun

SITE = Site("example.com", "example.com", "http://example.com")


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
