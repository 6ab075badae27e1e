"""The queue of incidents and its nine job types: one takes incidents up, eight carry out a phase each.

What a phase does is in `phases`, what moves an incident in `carrying`, where it may go in `machine`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from arqlight_core.declaration import Terms
from arqlight_core.policy import MINUTE, SECOND, Priority, Schedule, Unique
from arqlight_core.run import Run
from arqlight_jobs.healer.carrying import JOBS, NOTICE, carried_out
from arqlight_jobs.healer.line import backoff, incident_processing
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.request import IncidentAsked, PhaseAsked
from arqlight_jobs.healer.taking_up import desk_of, site_named

PHASE_JOBS = tuple(JOBS.values())


def _asked_for(asked: IncidentAsked) -> str:
    """What two wishes share that are one."""
    return asked.incident or f"{asked.site}:{asked.symptom or ''}:{asked.component}"


def _id_in(phase: Phase) -> Callable[[PhaseAsked], str]:
    return lambda asked: f"{asked.incident}:{phase}:{asked.version}"


def _terms(phase: Phase, attempts: int, timeout: timedelta) -> Terms[PhaseAsked]:
    return {
        "timeout": timeout,
        "retry": backoff(attempts),
        "priority": Priority.HIGH,
        "id_of": _id_in(phase),
        "follow_ups": (*PHASE_JOBS, NOTICE) if phase is Phase.ESCALATED else PHASE_JOBS,
    }


@incident_processing.job(
    "wp.incident.process",
    IncidentAsked,
    timeout=MINUTE,
    retry=backoff(5),
    priority=Priority.HIGH,
    unique=Unique(10 * MINUTE, by=_asked_for),
    follow_ups=("wp.incident.process", *PHASE_JOBS),
    intake=site_named,
)
async def process(run: Run, asked: IncidentAsked) -> dict[str, Any]:
    """Open an incident on a site or go on with one; with neither given, with all that are open."""
    desk = await desk_of(run)
    return await (desk.take_up(asked) if asked.site or asked.incident else desk.resume_all())


def _phase_job(phase: Phase, attempts: int, timeout: timedelta, does: str) -> None:
    async def carry_out(run: Run, asked: PhaseAsked) -> dict[str, Any]:
        return await carried_out(run, asked, phase)

    carry_out.__doc__ = does
    incident_processing.job(JOBS[phase], PhaseAsked, **_terms(phase, attempts, timeout))(carry_out)


for _phase, _attempts, _timeout, _does in (
    (Phase.DISCOVERY, 3, 60 * SECOND, "Find out what the site is, what is wrong with it, and how far we can go."),
    (Phase.BASELINE, 3, 120 * SECOND, "Store how the site looks now, to compare with."),
    (Phase.BACKUP, 2, 900 * SECOND, "Back up what a fix may touch, and check that: without a backup nothing is fixed."),
    (Phase.OBSERVABILITY, 3, 120 * SECOND, "Collect evidence, and rank the playbooks that may help."),
    (Phase.FIX_ATTEMPT, 1, 300 * SECOND, "Carry out the next playbook; another attempt is another job."),
    (Phase.VERIFY, 2, 180 * SECOND, "Compare the site with how it was, three rounds long."),
    (Phase.ROLLBACK, 3, 600 * SECOND, "Undo the last fix byte for byte, and check that it is undone."),
    (Phase.ESCALATED, 5, 60 * SECOND, "Write down what was found and tried, and call for a person."),
):
    _phase_job(_phase, _attempts, _timeout, _does)

incident_processing.schedule(Schedule("healer-incidents", cron="*/5 * * * *", job_type="wp.incident.process"))
