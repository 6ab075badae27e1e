"""How an incident begins, and how those that stand still are set going again: what `wp.incident.process` does."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost, Snooze, UsageError
from arqlight_core.policy import MINUTE, lasts
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer import bounds
from arqlight_jobs.healer.carrying import JOBS, queue_phase
from arqlight_jobs.healer.incident import Finding, Incident, limits_of
from arqlight_jobs.healer.incidents import MOST_LISTED, Incidents, Opening
from arqlight_jobs.healer.line import incident_processing
from arqlight_jobs.healer.machine import Limits, Outcome, Phase
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Symptom

SETTLING = 5 * MINUTE
"""How long an incident may be in a phase before anybody looks after it."""

QUEUEING = 10 * MINUTE
"""How long a phase's job may wait in the queue before it is taken for lost."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where incidents are taken up."""

    run: Run
    incidents: Incidents
    limits: Limits

    async def take_up(self, asked: IncidentAsked) -> dict[str, Any]:
        """Open the incident that is asked for, or go on with it. Raises Discard, and Snooze while it has to wait."""
        try:
            incident = await self._meant(asked)
        except UsageError as problem:
            raise Discard(str(problem)) from None
        if incident is None:
            return {"opened": False, "reason": "The site's last incident was escalated: a person has it."}
        if incident.phase is Phase.NEW:
            incident = await self._begun(incident)
        await queue_phase(self.run, incident)
        return {"incident": incident.id, "phase": incident.phase}

    async def resume_all(self) -> dict[str, Any]:
        """See that every open incident has a job; one whose job is lost gets a new one."""
        revived = 0
        open_now = await self.incidents.listed(open_only=True, limit=MOST_LISTED)
        for incident in open_now:
            revived += await self._resumed(incident)
        return {"open": len(open_now), "revived": revived}

    async def _meant(self, asked: IncidentAsked) -> Incident | None:
        """The incident, opened if need be; None when a check asks for one and a person has the site's last one."""
        if asked.incident:
            return await self.incidents.find(asked.incident)
        site = await Sites(self.incidents.engine).find(asked.site)
        known = await self.incidents.opened_by_job(self.run.job_id) or await self.incidents.open_one(site.id)
        if known:
            return known
        at = now()
        past = await self.incidents.closed_since(site.id, at - bounds.look_back(self.limits))
        resting = bounds.resting_until(past, self.limits)
        if resting and resting > at:
            return None
        fingerprint = Symptom(asked.symptom, asked.component).fingerprint if asked.symptom else ""
        opening = Opening(
            site_id=site.id,
            fingerprint=fingerprint,
            by=asked.by,
            priority=asked.priority,
            is_flap=bounds.is_flap(fingerprint, past, self.limits, at),
            opening=self.run.job_id,
            correlation_id=self.run.correlation_id,
        )
        opened, _ = await self.incidents.open(opening, self.limits)
        return opened

    async def _begun(self, incident: Incident) -> Incident:
        """The incident on its way. Raises Snooze while it has to wait."""
        since = incident.opened_at - bounds.look_back(self.limits)
        past = await self.incidents.closed_since(incident.site_id, since)
        begun = bounds.taken_up(incident, past, self.limits, now())
        finding = Finding(begun.outcome, begun.reason, {})
        if end := bounds.must_end(incident, now()):
            finding = Finding(Outcome.GIVEN_UP, end, {})
        elif begun.wait_until:
            raise Snooze(begun.wait_until, "its site cools down after the last fix")
        try:
            return await self.incidents.move(incident, finding, self.run.job_id)
        except LeaseLost:  # another job was first: that is all that is wanted
            return await self.incidents.find(incident.id)

    async def _resumed(self, incident: Incident) -> int:
        """1 when its job was lost."""
        waited = now() - incident.queued_at
        if waited < SETTLING:
            return 0
        if incident.phase is Phase.NEW:
            await self.run.enqueue("wp.incident.process", IncidentAsked(incident.site_id, incident.id))
            return 0
        lost = waited > patience(incident.phase)
        try:
            current = await self.incidents.revive(incident) if lost else incident
        except LeaseLost:  # it has moved on by itself
            return 0
        await queue_phase(self.run, current)
        return int(lost)


def patience(phase: Phase) -> timedelta:
    """How long a phase may take with all its attempts: after it, its job is lost."""
    job_type = incident_processing.job_types[JOBS[phase]]
    return job_type.retry.attempts * job_type.timeout + lasts(job_type.retry) + QUEUEING


async def desk_of(run: Run) -> Desk:
    """The desk of a run."""
    opened = await run.open(records)
    return Desk(run, Incidents(opened.engine), limits_of(opened.settings))


async def site_named(text: str, settings: Settings) -> IncidentAsked:
    """What a person means who names a site. Raises SiteUnknown."""
    async with records(settings) as opened:
        return IncidentAsked((await Sites(opened.engine).find(text.strip())).id)
