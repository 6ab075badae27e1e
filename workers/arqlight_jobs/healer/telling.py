"""Sites and incidents in plain values: what the command line and HTTP give to programs. Credentials are masked."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from arqlight_core.secrecy import masked_secrets
from arqlight_jobs.healer.incident import Given, Incident, Step, left, tried
from arqlight_jobs.healer.machine import PROGRESS
from arqlight_jobs.healer.words import Site


def told_site(site: Site) -> dict[str, Any]:
    """A site and what may be done to it."""
    return {
        "id": site.id,
        "name": site.name,
        "url": site.base_url,
        "level": f"L{site.level.value}",
        "root": str(site.root) if site.root else None,
        "wp": _words(site.command),
        "hooks": {name: _words(words) for name, words in site.hooks.items()},
        "logs": [str(path) for path in site.logs],
        "playbooks": list(site.playbooks),
        "dryRun": site.dry_run,
        "keyPhrase": site.key_phrase,
        "samples": list(site.samples),
    }


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
