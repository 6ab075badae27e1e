"""What a screen is told of incidents: the questions of `arqlight_core.incidents`, answered from the records."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from arqlight_core.incidents import Fact, HealthLook, IncidentRow, IncidentView, Move, Treated
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.evidence import decoded
from arqlight_jobs.healer.evidence_text import facts_of
from arqlight_jobs.healer.health.samples import Kind, Sample, Samples
from arqlight_jobs.healer.incident import Given, Incident, Step, left
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.machine import PROGRESS, Phase
from arqlight_jobs.healer.playbooks import PLAYBOOKS
from arqlight_jobs.healer.records import Records, records
from arqlight_jobs.healer.report import Attempt, attempts_in, symptoms_in
from arqlight_jobs.offload import in_thread

opened = records
"""What has to be open for an answer."""

MOST_CLOSED = 200
MOST_LOOKS = 288
"""A day of them."""
LONGEST_REPORT = 100_000
"""Characters."""

_NAMES = {one.id: one.name for one in PLAYBOOKS}


async def incidents(records: Records, *, correlation_id: str = "") -> tuple[IncidentRow, ...]:
    """Those that are open, then the newest of the others; or those of one flow, newest first."""
    told = Incidents(records.engine)
    if correlation_id:
        return tuple(_row(one) for one in await told.of_flow(correlation_id))
    standing = await told.listed(open_only=True, limit=MOST_CLOSED)
    newest = await told.listed(limit=MOST_CLOSED)
    return tuple(_row(one) for one in (*standing, *(one for one in newest if one.closed_at)))


async def incident(records: Records, *, incident_id: str) -> IncidentView:
    """One incident, whole. Raises IncidentUnknown."""
    told = Incidents(records.engine)
    found, steps = await told.find(incident_id), await told.steps(incident_id)
    report = found.report or {}
    return IncidentView(
        incident=_row(found),
        moves=tuple(_move(step) for step in steps),
        symptoms=symptoms_in(steps),
        treated=_treated(steps),
        left=tuple(_named(one.id, one.component) for one in left([Given(step.source, step.output) for step in steps])),
        next_steps=tuple(report.get("next_steps", ())),
        critical=bool(report.get("critical")),
    )


async def evidence(records: Records, *, incident_id: str) -> tuple[Fact, ...]:
    """What the newest look at the site has found, in words; nothing when none is at hand."""
    told = Incidents(records.engine)
    found, steps = await told.find(incident_id), await told.steps(incident_id)
    name = next((step.output["evidence"] for step in reversed(steps) if step.output.get("evidence")), "")
    content = await _file(records, found, name)
    return facts_of(decoded(content)) if content else ()


async def health(records: Records, *, incident_id: str) -> tuple[HealthLook, ...]:
    """The looks at the incident's site, newest first."""
    site = (await Incidents(records.engine).find(incident_id)).site_id
    return tuple(_look(one) for one in await Samples(records.engine).history(Kind.SITE, site, MOST_LOOKS))


async def report(records: Records, *, incident_id: str) -> str:
    """What was written for a person; '' while nothing was, or where its file is not at hand."""
    found = await Incidents(records.engine).find(incident_id)
    content = await _file(records, found, (found.report or {}).get("markdown", ""))
    return content.decode(errors="replace")[:LONGEST_REPORT]


ANSWERS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    one.__name__: one for one in (incidents, incident, evidence, health, report)
}


async def _file(records: Records, found: Incident, name: str) -> bytes:
    """A file of the incident; empty when there is none here: the fleet may work on another machine."""
    files = Artifacts.of(records.settings, found.site_id, found.id)

    def read() -> bytes:
        if not name or not files.folder.is_dir():
            return b""
        return files.read(name) if files.has(name) else b""

    return await in_thread(read)


def _row(one: Incident) -> IncidentRow:
    return IncidentRow(
        id=one.id,
        site=one.site_id,
        phase=one.phase.value,
        progress=PROGRESS[one.phase],
        fingerprint=one.fingerprint,
        attempts=one.attempts,
        priority=one.priority,
        flap=one.is_flap,
        opened_by=one.opened_by,
        opened_ms=_ms(one.opened_at),
        deadline_ms=_ms(one.deadline),
        moved_ms=_ms(one.moved_at),
        closed_ms=_ms(one.closed_at),
        closed_reason=one.closed_reason,
        given_up=one.given_up,
        correlation_id=one.correlation_id,
    )


def _move(step: Step) -> Move:
    return Move(
        number=step.number,
        source=step.source.value,
        target=step.target.value,
        outcome=step.outcome.value,
        reason=step.reason,
        at_ms=_ms(step.at),
        duration_ms=step.duration_ms,
        job_id=step.job_id,
    )


def _treated(steps: Sequence[Step]) -> tuple[Treated, ...]:
    outcomes = list[str]()
    for step in steps:
        if step.source is Phase.FIX_ATTEMPT:
            outcomes.append(step.outcome)
        elif outcomes and step.source in (Phase.VERIFY, Phase.ROLLBACK):
            outcomes[-1] = step.outcome
    return tuple(_treatment(one, outcome) for one, outcome in zip(attempts_in(steps), outcomes, strict=True))


def _treatment(one: Attempt, outcome: str) -> Treated:
    return Treated(
        playbook=one.playbook,
        name=_NAMES.get(one.playbook, ""),
        component=one.component,
        changes=one.changes,
        dry_run=one.dry_run,
        plan=one.plan,
        outcome=str(outcome),
        ended=one.ended,
    )


def _named(playbook: str, component: str) -> str:
    about = f" for {component}" if component else ""
    return f"{playbook} {_NAMES.get(playbook, '')}".rstrip() + about


def _look(one: Sample) -> HealthLook:
    return HealthLook(
        at_ms=_ms(one.look.at),
        grade=one.look.grade.word,
        remarks=tuple(remark.text for remark in one.look.remarks),
        status=round(one.metrics.get("status", 0)),
        ttfb_ms=one.metrics.get("ttfb_ms", 0.0),
    )


def _ms(at: datetime | None) -> int:
    return round(at.timestamp() * 1000) if at else 0
