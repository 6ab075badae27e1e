"""An engine of healing without a fleet: jobs are kept by id and run one after the other; phases do as they are told."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core.declaration import JobType
from arqlight_core.enqueue import Enqueued
from arqlight_core.policy import Priority
from arqlight_core.run import Opener
from arqlight_core.settings import Settings
from arqlight_jobs.healer import carrying
from arqlight_jobs.healer.carrying import NOTICE
from arqlight_jobs.healer.case import Case, Finding
from arqlight_jobs.healer.incident import Incident, Step
from arqlight_jobs.healer.incident_processing import incident_processing
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.phases import CarryOut
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from tests.healing import SITE
from tests.running import FakeRun

PLAYBOOKS = {"playbooks": [{"id": "PB01", "component": ""}, {"id": "PB04", "component": "akismet"}]}

HEALTHY: dict[Phase, list[Outcome]] = {
    Phase.DISCOVERY: [Outcome.IS_WORDPRESS],
    Phase.BASELINE: [Outcome.STORED],
    Phase.BACKUP: [Outcome.VERIFIED],
    Phase.OBSERVABILITY: [Outcome.PLAYBOOK_FOUND],
    Phase.FIX_ATTEMPT: [Outcome.APPLIED],
    Phase.VERIFY: [Outcome.PASSED],
    Phase.ROLLBACK: [Outcome.UNDONE],
    Phase.ESCALATED: [Outcome.STORED],
}
"""What each phase comes to, the first time, the second; the last one counts from then on."""


NOTICES = (NOTICE, "notify.alert")
"""Job types of another queue, which tell persons."""


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Clinic:
    """A database with a site, and the jobs that nobody has done yet."""

    settings: Settings
    script: dict[Phase, list[Any]] = field(default_factory=lambda: dict[Phase, list[Any]](HEALTHY))
    waiting: dict[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])
    known: set[str] = field(default_factory=set[str])
    carried: list[Phase] = field(default_factory=list[Phase])
    """Each time that a phase was carried out."""
    results: list[Any] = field(default_factory=list[Any])
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    opened: dict[Opener[Any], Any] = field(default_factory=dict[Opener[Any], Any])
    fence: int = 0
    ticked: Callable[[str], None] = lambda _: None
    """Called at every point at which a process may die."""
    cases: list[Case] = field(default_factory=list[Case])
    priorities: set[Priority] = field(default_factory=set[Priority])
    """With which the phases' jobs were queued."""
    notices: set[tuple[str, Any]] = field(default_factory=set[tuple[str, Any]])
    """Persons called, and by which job: a job's calls are the same when it runs again."""

    async def open(self, opener: Opener[Any]) -> Any:
        if opener not in self.opened:
            self.opened[opener] = await self.stack.enter_async_context(opener(self.settings))
        return self.opened[opener]

    async def incidents(self) -> Incidents:
        return Incidents((await self.open(records)).engine)

    async def register(self, site: Site = SITE) -> None:
        await Sites((await self.incidents()).engine).add(site)

    async def ask(self, **wish: Any) -> Any:
        """Run one `wp.incident.process` now."""
        return await self.run(f"asked-{self.fence}", "wp.incident.process", IncidentAsked(**wish))

    async def run(self, job_id: str, name: str, payload: Any, attempt: int = 1) -> Any:
        self.fence += 1
        handler = incident_processing.job_types[name].handler
        return await handler(ClinicRun(self, job_id, attempt), payload)

    async def until_quiet(self, most: int = 200) -> None:
        """Run what waits, again after each crash, until nothing does."""
        while self.waiting and most:
            most -= 1
            job_id, (name, payload) = next(iter(self.waiting.items()))
            try:
                self.results.append(await self.run(job_id, name, payload))
            except Crash:
                continue
            del self.waiting[job_id]
        assert most, "it goes round in circles"

    async def only(self) -> tuple[Incident, tuple[Step, ...]]:
        """The only incident, and how it came where it is."""
        incidents = await self.incidents()
        [incident] = await incidents.listed()
        return incident, await incidents.steps(incident.id)

    async def path(self) -> list[Phase]:
        """The states it has come through."""
        return [step.target for step in (await self.only())[1]]

    async def carry_out(self, case: Case) -> Finding:
        phase = case.incident.phase
        self.ticked(f"before phase {phase} {case.incident.version}")
        self.carried.append(phase)
        self.cases.append(case)
        await case.check()
        told = self.script[phase]
        outcome = told[min(sum(step.source is phase for step in case.steps), len(told) - 1)]
        if isinstance(outcome, Exception):
            raise outcome
        self.ticked(f"after phase {phase} {case.incident.version}")
        output: Mapping[str, Any] = PLAYBOOKS if phase is Phase.OBSERVABILITY else {}
        return outcome if isinstance(outcome, Finding) else Finding(outcome, f"as {phase} was told", output)


class ClinicRun(FakeRun):
    """A run whose follow-ups wait in the clinic, each id once."""

    def __init__(self, clinic: Clinic, job_id: str, attempt: int) -> None:
        super().__init__(clinic.settings, clinic.fence, attempt, job_id)
        self.clinic = clinic

    async def open(self, opener: Opener[Any]) -> Any:
        return await self.clinic.open(opener)

    async def enqueue(
        self,
        job_type: JobType[Any] | str,
        payload: Any,
        *,
        delay: timedelta = timedelta(0),  # noqa: ARG002 - a run's own signature
    ) -> Enqueued:
        if job_type in NOTICES:
            self.clinic.ticked("before queueing a notice")
            self.clinic.notices.add((self.job_id, payload))
            self.clinic.ticked("after queueing a notice")
            return Enqueued("notice", new=True)
        known = incident_processing.job_types[job_type] if isinstance(job_type, str) else job_type
        job_id = known.id_of(payload) if known.id_of else f"{known.name}:{payload}"
        self.clinic.ticked(f"before queueing {job_id}")
        new = job_id not in self.clinic.known
        self.clinic.priorities.add(known.priority)
        if new:
            self.clinic.known.add(job_id)
            self.clinic.waiting[job_id] = (known.name, payload)
        self.clinic.ticked(f"after queueing {job_id}")
        return Enqueued(job_id, new)


def mortal(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the clinic's process may also die before and after each write."""
    places: dict[str, Callable[..., str]] = {
        "open": _of_open,
        "take": _of_take,
        "move": _of_seen,
        "file_report": _of_seen,
    }
    for name, place in places.items():
        monkeypatch.setattr(Incidents, name, _around(clinic, name, place))


def _of_open(*_: object) -> str:
    return ""


def _of_take(_id: str, phase: Phase, version: int, _fence: int) -> str:
    return f"{phase} {version}"


def _of_seen(seen: Incident, *_: object) -> str:
    return f"{seen.phase} {seen.version}"


def _around(clinic: Clinic, name: str, where: Callable[..., str]) -> Any:
    write = getattr(Incidents, name)

    async def written(self: Incidents, *told: Any) -> Any:
        clinic.ticked(f"before {name} {where(*told)}")
        answer = await write(self, *told)
        clinic.ticked(f"after {name} {where(*told)}")
        return answer

    return written


def scripted(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """The clinic, in place of the real phases."""

    def carry_out_of(_: Phase) -> CarryOut:
        return clinic.carry_out

    monkeypatch.setattr(carrying, "carry_out_of", carry_out_of)
    return clinic
