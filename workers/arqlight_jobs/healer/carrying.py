"""One phase of one incident, from the job that was claimed to the next job in the queue.

The order is what makes an incident resumable: take it in hand, carry the phase out, move it on, queue what follows.
Cut off anywhere, the same job run again goes on: a phase that is over is not carried out again, and what follows it is
queued under an id that can be there only once.
"""

import asyncio
from dataclasses import replace
from typing import Any

from arqlight_core.clock import now
from arqlight_core.errors import AwaitChildren, Cancel, Discard, LeaseLost, RateLimited, Snooze, UsageError
from arqlight_core.policy import SECOND, Priority, gives_up
from arqlight_core.run import Run
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.bounds import bounded, cut_short, surrendered
from arqlight_jobs.healer.case import Case
from arqlight_jobs.healer.incident import PLAYBOOK, Finding, Given, Incident, limits_of
from arqlight_jobs.healer.incidents import Incidents, IncidentUnknown
from arqlight_jobs.healer.line import incident_processing
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.notice_request import EscalationAsked
from arqlight_jobs.healer.phases import carry_out_of
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.registration import open_root
from arqlight_jobs.healer.request import PhaseAsked
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.sound_text import sound_json, sound_text
from arqlight_jobs.offload import in_thread
from arqlight_jobs.outbound.client import site_client

JOBS = {
    Phase.DISCOVERY: "wp.discovery",
    Phase.BASELINE: "wp.baseline",
    Phase.BACKUP: "wp.backup",
    Phase.OBSERVABILITY: "wp.observability",
    Phase.FIX_ATTEMPT: "wp.fix_attempt",
    Phase.VERIFY: "wp.verify",
    Phase.ROLLBACK: "wp.rollback",
    Phase.ESCALATED: "wp.escalate",
}
"""The job type that carries out each phase."""

NOTICE = "notify.escalation"
"""The job type that calls a person to an incident which is escalated."""

WORK_SHARE = 0.9
"""Of a job's timeout: a phase is stopped before its job is; only then can it still be said what follows."""

PUT_OFF = (Snooze, RateLimited, AwaitChildren)


async def carried_out(run: Run, asked: PhaseAsked, phase: Phase) -> dict[str, Any]:
    """Carry the phase out unless that is done, and queue what follows. Answers what it came to."""
    opened = await run.open(records)
    incidents = Incidents(opened.engine)
    try:
        taken = await incidents.take(asked.incident, phase, asked.version, run.fence)
        incident = taken or await incidents.find(asked.incident)
    except IncidentUnknown as problem:
        raise Discard(str(problem)) from None
    came_to = {"outcome": "noop"}
    if taken:
        finding = await _finding(run, taken, opened)
        run.log(f"{finding.outcome}: {finding.reason}")
        came_to = {"outcome": finding.outcome, "reason": finding.reason}
        incident = await _written(incidents, taken, finding, run.job_id)
    if phase is incident.phase is Phase.ESCALATED:
        await run.enqueue(NOTICE, EscalationAsked(incident.id))
    else:
        await queue_phase(run, incident)
    return {"incident": incident.id, "phase": incident.phase, **came_to}


async def queue_phase(run: Run, incident: Incident) -> None:
    """Queue the job of the phase that the incident is in, once: its id follows from phase and version."""
    name = JOBS.get(incident.phase)
    if name is None or incident.report is not None:
        return
    job_type = replace(incident_processing.job_types[name], priority=Priority.named(incident.priority))
    await run.enqueue(job_type, PhaseAsked(incident.id, incident.version))


async def _written(incidents: Incidents, taken: Incident, finding: Finding, job_id: str) -> Incident:
    """The incident as the finding leaves it: moved on, or, at its end, with its report."""
    if taken.phase is not Phase.ESCALATED:
        return await incidents.move(taken, finding, job_id)
    await incidents.file_report(taken, {"reason": finding.reason, **finding.output})
    return taken


async def _finding(run: Run, incident: Incident, opened: Records) -> Finding:
    phase = incident.phase
    if why := cut_short(incident, now()):
        return surrendered(phase, why)
    try:
        case = await _case(run, incident, opened)
    except UsageError as problem:  # the site is no longer registered, or its folder is not what it was
        return surrendered(phase, str(problem))
    finding = _sound(await _tried(case))
    if phase is Phase.FIX_ATTEMPT and case.choice and PLAYBOOK not in finding.output:
        finding = replace(finding, output={**finding.output, PLAYBOOK: case.choice.told})
    left = case.left_after(Given(phase, finding.output))
    return bounded(incident, finding, left, limits_of(opened.settings), now())


async def _case(run: Run, incident: Incident, opened: Records) -> Case:
    """What the phase works on. Raises SiteUnknown, and RootRefused when the site's folder may not be touched."""
    site = await Sites(opened.engine).find(incident.site_id)
    if site.root and incident.phase is not Phase.ESCALATED:
        root = site.root
        await in_thread(lambda: open_root(root))
    return Case(
        site=site,
        incident=incident,
        steps=await Incidents(opened.engine).steps(incident.id),
        engine=opened.engine,
        settings=opened.settings,
        run=run,
        files=Artifacts.of(opened.settings, site.id, incident.id),
        client=await run.open(site_client),
    )


def _sound(finding: Finding) -> Finding:
    return replace(finding, reason=sound_text(finding.reason), output=sound_json(finding.output))


async def _tried(case: Case) -> Finding:
    """What the phase came to. Raises what puts it off, and what another attempt may mend."""
    phase = case.incident.phase
    job_type = incident_processing.job_types[JOBS[phase]]
    try:
        async with asyncio.timeout(job_type.timeout / SECOND * WORK_SHARE):
            return await carry_out_of(phase)(case)
    except (LeaseLost, *PUT_OFF):
        raise
    except (Discard, Cancel) as problem:
        return surrendered(phase, str(problem))
    except Exception as problem:
        if not gives_up(job_type.retry, case.run.attempt, problem):
            raise
        # The kind of the error alone: its message might quote what a site holds.
        told = (
            f"{phase} was given up after {case.run.attempt} attempts; the last one ended with {type(problem).__name__}."
        )
        return surrendered(phase, told)
