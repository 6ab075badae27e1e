"""`kill -9` of the worker in every phase of an incident: the incident goes on, and no fix is begun twice."""

import sys
from pathlib import Path

import pytest

from arqlight_core.enqueue import enqueue
from arqlight_core.store.gateway import Store
from arqlight_jobs.healer.incident import limits_of
from arqlight_jobs.healer.incident_processing import process
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from tests.faults.clinic import OUTCOMES, settings_of
from tests.faults.fleet import Fleet, eventually
from tests.healing import SITE

pytestmark = pytest.mark.fault

WORKERS = 3
PATH = [
    Phase.DISCOVERY,
    Phase.BASELINE,
    Phase.BACKUP,
    Phase.OBSERVABILITY,
    *[Phase.FIX_ATTEMPT, Phase.VERIFY, Phase.ROLLBACK] * 2,
    Phase.ESCALATED,
]


def staffed(fleet: Fleet, folder: Path) -> None:
    """As many workers as there should be."""
    while sum(worker.alive for worker in fleet.workers) < WORKERS:
        fleet.run([sys.executable, "-m", "tests.faults.clinic", fleet.url, str(folder)])


async def test_an_incident_survives_a_kill_in_each_of_its_phases(fleet: Fleet, shop: Store, folder: Path) -> None:
    settings = settings_of(folder)
    async with records(settings) as opened:
        await Sites(opened.engine).add(SITE)
        incidents = Incidents(opened.engine)
        incident, _ = await incidents.open(Opening(SITE.id, forced=True), limits_of(settings))
        await enqueue(shop, process, IncidentAsked(incident=incident.id))

        async def reported() -> bool:
            staffed(fleet, folder)
            return (await incidents.find(incident.id)).report is not None

        await eventually(reported)
        ended = await incidents.find(incident.id)
        steps = await incidents.steps(incident.id)
    assert sum(not worker.alive for worker in fleet.workers) == len(OUTCOMES)
    assert [step.target for step in steps] == PATH
    assert (ended.attempts, fleet.journal.highest_attempt) == (2, 1)
    assert fleet.journal.runs("end") == {phase: PATH.count(phase) for phase in OUTCOMES}
    assert fleet.journal.runs("start") == {phase: PATH.count(phase) + 1 for phase in OUTCOMES}
