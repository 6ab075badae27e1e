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


@incident_processing.job("wp.discovery", PhaseAsked, **_terms(Phase.DISCOVERY, 3, 60 * SECOND))
async def discovery(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Find out what the site is, what is wrong with it, and how far we can go."""
    return await carried_out(run, asked, Phase.DISCOVERY)


@incident_processing.job("wp.baseline", PhaseAsked, **_terms(Phase.BASELINE, 3, 120 * SECOND))
async def baseline(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Store how the site looks now, to compare with."""
    return await carried_out(run, asked, Phase.BASELINE)


@incident_processing.job("wp.backup", PhaseAsked, **_terms(Phase.BACKUP, 2, 900 * SECOND))
async def backup(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Back up what a fix may touch, and check the backup: without one, nothing is fixed."""
    return await carried_out(run, asked, Phase.BACKUP)


@incident_processing.job("wp.observability", PhaseAsked, **_terms(Phase.OBSERVABILITY, 3, 120 * SECOND))
async def observability(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Collect evidence, and rank the playbooks that may help."""
    return await carried_out(run, asked, Phase.OBSERVABILITY)


@incident_processing.job("wp.fix_attempt", PhaseAsked, **_terms(Phase.FIX_ATTEMPT, 1, 300 * SECOND))
async def fix_attempt(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Carry out the next playbook; another attempt is another job."""
    return await carried_out(run, asked, Phase.FIX_ATTEMPT)


@incident_processing.job("wp.verify", PhaseAsked, **_terms(Phase.VERIFY, 2, 180 * SECOND))
async def verify(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Compare the site with how it was, three rounds long."""
    return await carried_out(run, asked, Phase.VERIFY)


@incident_processing.job("wp.rollback", PhaseAsked, **_terms(Phase.ROLLBACK, 3, 600 * SECOND))
async def rollback(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Undo the last fix byte for byte, and check that it is undone."""
    return await carried_out(run, asked, Phase.ROLLBACK)


@incident_processing.job("wp.escalate", PhaseAsked, **_terms(Phase.ESCALATED, 5, 60 * SECOND))
async def escalate(run: Run, asked: PhaseAsked) -> dict[str, Any]:
    """Write down what was found and tried, and call for a person."""
    return await carried_out(run, asked, Phase.ESCALATED)


incident_processing.schedule(Schedule("healer-incidents", cron="*/5 * * * *", job_type="wp.incident.process"))
