"""Sites and incidents in plain values: what the command line and HTTP give to programs. Credentials are masked."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arqlight_core.secrecy import masked_secrets
from arqlight_jobs.healer.incident import Given, Incident, Step, left, tried
from arqlight_jobs.healer.incidents import MOST_LISTED, Incidents
from arqlight_jobs.healer.machine import PROGRESS
from arqlight_jobs.healer.records import Records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site, what may be done to it, and what is being done."""

    id: str
    name: str
    url: str
    level: str
    """L0 to L3: how far we may go."""
    root: str | None
    """Its folder; null where only its pages are looked at."""
    wp: str
    """wp-cli as a command."""
    hooks: Mapping[str, str]
    logs: Sequence[str]
    playbooks: Sequence[str]
    """The only ones that may be used; none: all."""
    dry_run: bool
    key_phrase: str
    samples: Sequence[str]
    incident: str | None = None
    """The one that is open on it."""
    incident_phase: str | None = None

    @classmethod
    def of(cls, site: Site, incident: Incident | None = None) -> "SiteView":
        """The site without credentials."""
        return cls(
            id=site.id,
            name=site.name,
            url=site.base_url,
            level=f"L{site.level.value}",
            root=str(site.root) if site.root else None,
            wp=_words(site.command),
            hooks={name: _words(words) for name, words in site.hooks.items()},
            logs=[str(path) for path in site.logs],
            playbooks=site.playbooks,
            dry_run=site.dry_run,
            key_phrase=site.key_phrase,
            samples=site.samples,
            incident=incident.id if incident else None,
            incident_phase=incident.phase.value if incident else None,
        )


async def seen_sites(records: Records) -> list[SiteView]:
    """Every site, by id."""
    known = await Sites(records.engine).listed()
    found = await Incidents(records.engine).listed(open_only=True, limit=MOST_LISTED)
    standing = {incident.site_id: incident for incident in found}
    return [SiteView.of(one, standing.get(one.id)) for one in known]


async def seen_site(records: Records, site: str) -> SiteView:
    """The site of that id or name. Raises SiteUnknown."""
    found = await Sites(records.engine).find(site)
    return SiteView.of(found, await Incidents(records.engine).open_one(found.id))


def told_incident(incident: Incident) -> dict[str, Any]:
    """Where an incident is. Moments are ISO 8601 in UTC."""
    return {
        "id": incident.id,
        "site": incident.site_id,
        "phase": incident.phase.value,
        "progress": PROGRESS[incident.phase],
        "fingerprint": incident.fingerprint,
        "attempts": incident.attempts,
        "priority": incident.priority,
        "flap": incident.is_flap,
        "openedBy": incident.opened_by,
        "openedAt": _moment(incident.opened_at),
        "deadline": _moment(incident.deadline),
        "movedAt": _moment(incident.moved_at),
        "closedAt": _moment(incident.closed_at),
        "closedReason": incident.closed_reason,
        "givenUp": incident.given_up,
        "correlationId": incident.correlation_id,
        "report": incident.report,
    }


def told_history(incident: Incident, steps: Sequence[Step]) -> dict[str, Any]:
    """An incident with how it came where it is, what was tried, and what is left to try."""
    given = [Given(step.source, step.output) for step in steps]
    return {
        **told_incident(incident),
        "tried": [choice.told for choice in tried(given)],
        "left": [choice.told for choice in left(given)],
        "steps": [_step(step) for step in steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "from": step.source.value,
        "to": step.target.value,
        "outcome": step.outcome.value,
        "reason": step.reason,
        "at": _moment(step.at),
        "durationMs": step.duration_ms,
        "jobId": step.job_id,
        "output": step.output,
    }


def _words(argv: Sequence[str]) -> str:
    return masked_secrets(shlex.join(argv))


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
