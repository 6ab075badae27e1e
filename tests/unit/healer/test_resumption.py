"""Whatever the process dies of, and wherever: the incident goes on, and comes to the same end on the same way."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.notice_request import EscalationAsked
from arqlight_jobs.healer.request import IncidentAsked
from tests.unit.healer.clinic import Clinic, Crash, mortal, scripted

PATH = [
    Phase.DISCOVERY,
    Phase.BASELINE,
    Phase.BACKUP,
    Phase.OBSERVABILITY,
    Phase.FIX_ATTEMPT,
    Phase.VERIFY,
    Phase.ROLLBACK,
    Phase.FIX_ATTEMPT,
    Phase.VERIFY,
    Phase.ROLLBACK,
    Phase.ESCALATED,
]
POINTS = ("take", "move", "queueing", "file_report", "open", "phase", "")
"""At which kind of point the process dies, each time that it comes by for the first time; '': at every point."""


@pytest.fixture
async def clinic(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Clinic]:
    made = scripted(Clinic(settings), monkeypatch)
    made.script[Phase.VERIFY] = [Outcome.FAILED]
    async with made.stack:
        await made.register()
        yield made


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_that_dies_between_two_steps_changes_nothing_of_the_way(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, point: str, when: str
) -> None:
    died: set[str] = set()

    def dies(place: str) -> None:
        if place.startswith(f"{when} {point}") and place not in died:
            died.add(place)
            raise Crash

    mortal(clinic, monkeypatch)
    clinic.ticked = dies
    clinic.waiting["asked"] = ("wp.incident.process", IncidentAsked("example.com"))
    await clinic.until_quiet()
    assert len(died) >= (10 if point not in ("open", "file_report") else 1)
    assert await clinic.path() == PATH
    incident, steps = await clinic.only()
    assert [step.number for step in steps] == list(range(1, len(PATH) + 1))
    assert incident.attempts == 2
    assert incident.report is not None
    assert [asked for _, asked in clinic.notices] == [EscalationAsked(incident.id)]
    assert clinic.carried.count(Phase.FIX_ATTEMPT) <= 2 * 8


async def test_a_job_that_runs_again_after_its_end_does_nothing(clinic: Clinic) -> None:
    await clinic.ask(site="example.com")
    seen: dict[str, tuple[str, Any]] = {}
    while clinic.waiting:
        job_id, (name, payload) = next(iter(clinic.waiting.items()))
        seen[job_id] = (name, payload)
        await clinic.run(job_id, name, payload)
        del clinic.waiting[job_id]
    carried = list(clinic.carried)
    for job_id, (name, payload) in seen.items():
        assert (await clinic.run(job_id, name, payload))["outcome"] == "noop"
    assert clinic.carried == carried
    assert not clinic.waiting
    assert await clinic.path() == PATH


async def test_a_phase_that_has_moved_is_never_carried_out_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: set[str] = set()

    def dies(place: str) -> None:
        if place.startswith("after move") and place not in died:
            died.add(place)
            raise Crash

    mortal(clinic, monkeypatch)
    clinic.ticked = dies
    clinic.waiting["asked"] = ("wp.incident.process", IncidentAsked("example.com"))
    await clinic.until_quiet()
    assert clinic.carried == PATH
