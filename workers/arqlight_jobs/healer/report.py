"""The report on an incident that a person has to end: timeline, evidence, attempts, state, and what to do next.

One structure, written as JSON for programs and as Markdown for people. Everything in it was redacted where it was
found.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from arqlight_core.incidents import SymptomSeen
from arqlight_jobs.healer.advice import steps
from arqlight_jobs.healer.appearance import Complaint
from arqlight_jobs.healer.evidence import Evidence, Fatal, Page
from arqlight_jobs.healer.incident import Choice, Incident, Step
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.redaction import redacted
from arqlight_jobs.healer.words import Site

MOST_FATALS = 5
MOST_SYMPTOMS = 5
MOST_LINES = 20
LONGEST_TEXT = 300

CRITICAL = frozenset({Outcome.NOT_UNDONE, Outcome.SECURITY})


class Moment(msgspec.Struct, frozen=True):
    """One step of the incident."""

    at: datetime
    source: str
    target: str
    outcome: str
    reason: str
    duration_ms: int


class Attempt(msgspec.Struct, frozen=True):
    """One playbook that was tried, and what became of it."""

    playbook: str
    component: str
    changes: int
    dry_run: bool
    plan: tuple[str, ...]
    ended: tuple[str, ...]
    """What followed, a sentence each: the fix, its verification, its rollback."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a person should know."""

    incident: str
    site: str
    name: str
    url: str
    critical: bool
    reason: str
    fingerprint: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime
    correlation_id: str
    state: tuple[str, ...]
    """What is wrong with the site now, a sentence each; empty: nothing that shows."""
    looked_at: datetime | None
    """When its state was looked at; None when that was not possible."""
    symptoms: tuple[SymptomSeen, ...]
    pages: tuple[dict[str, Any], ...]
    fatals: tuple[dict[str, Any], ...]
    versions: dict[str, str]
    attempts: tuple[Attempt, ...]
    timeline: tuple[Moment, ...]
    backup: dict[str, Any]
    next_steps: tuple[str, ...]


class Now(msgspec.Struct, frozen=True):
    """How the site is when the report is written."""

    at: datetime
    complaints: tuple[Complaint, ...] | None
    """None: it could not be looked at in time."""


def report_on(site: Site, incident: Incident, history: Sequence[Step], evidence: Evidence | None, now: Now) -> Report:
    """The report on an incident as it stands."""
    symptoms = symptoms_in(history)
    ends = [step.outcome for step in history if step.target is Phase.ESCALATED]
    return Report(
        incident=incident.id,
        site=site.id,
        name=site.name,
        url=site.base_url,
        critical=any(one in CRITICAL for one in ends),
        reason=redacted(incident.closed_reason),
        fingerprint=incident.fingerprint,
        opened_at=incident.opened_at,
        opened_by=incident.opened_by,
        closed_at=incident.closed_at or now.at,
        correlation_id=incident.correlation_id,
        state=tuple(one.sentence for one in now.complaints or ()),
        looked_at=None if now.complaints is None else now.at,
        symptoms=symptoms,
        pages=tuple(_page(page) for page in (evidence.pages if evidence else ())),
        fatals=_fatals(evidence),
        versions=_versions(evidence),
        attempts=attempts_in(history),
        timeline=tuple(_moment(step) for step in history),
        backup=_newest(history, Phase.BACKUP),
        next_steps=steps(ends, [one.id for one in symptoms] or [incident.fingerprint.partition(":")[0]]),
    )


def _moment(step: Step) -> Moment:
    return Moment(step.at, step.source, step.target, step.outcome, redacted(step.reason), step.duration_ms)


def _newest(history: Sequence[Step], phase: Phase) -> dict[str, Any]:
    return next((step.output for step in reversed(history) if step.source is phase), dict[str, Any]())


def symptoms_in(history: Sequence[Step]) -> tuple[SymptomSeen, ...]:
    """What the newest look has found."""
    told = next((step.output["symptoms"] for step in reversed(history) if "symptoms" in step.output), ())
    return tuple(
        SymptomSeen(one["id"], one.get("component", ""), one.get("confidence", 1.0), tuple(one.get("because", ())))
        for one in told[:MOST_SYMPTOMS]
    )


def attempts_in(history: Sequence[Step]) -> tuple[Attempt, ...]:
    """Each fix that was begun, in order."""
    begun = [number for number, step in enumerate(history) if step.source is Phase.FIX_ATTEMPT]
    return tuple(_attempt(history[first:end]) for first, end in pairwise([*begun, len(history)]))


def _attempt(part: Sequence[Step]) -> Attempt:
    output = part[0].output
    choice = Choice(**output.get("playbook", {"id": "?"}))
    return Attempt(
        playbook=choice.id,
        component=choice.component,
        changes=output.get("changes", 0),
        dry_run=output.get("dry_run", False),
        plan=tuple(redacted(str(line))[:LONGEST_TEXT] for line in output.get("plan", ())[:MOST_LINES]),
        ended=tuple(f"{step.source}: {redacted(step.reason)}" for step in part if step.source is not Phase.ESCALATED),
    )


def _page(page: Page) -> dict[str, Any]:
    told = {"page": page.name.value, "status": page.status, "bytes": page.size, "title": page.title}
    return {**told, "fault": page.fault.value, "ttfbMs": page.ttfb_ms, "redirects": len(page.hops)}


def _fatals(evidence: Evidence | None) -> tuple[dict[str, Any], ...]:
    found: Sequence[Fatal] = evidence.logs.fatals if evidence and evidence.logs else ()
    return tuple(
        {"kind": one.kind, "message": one.message, "file": one.file, "line": one.line, "times": one.times}
        for one in found[-MOST_FATALS:]
    )


def _versions(evidence: Evidence | None) -> dict[str, str]:
    if evidence is None or evidence.tree is None:
        return {}
    known = {one.slug: one.version for one in (*evidence.tree.plugins, *evidence.tree.themes)}
    return {"WordPress": evidence.tree.wordpress, **known}
