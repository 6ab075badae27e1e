"""Every read and write of incidents: opened once, moved by compare-and-set, each move noted with its time and reason.

A run takes an incident in hand under its fence and moves it under the same: what an older run still wants to write
finds nothing. The move and its note are one transaction.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import LeaseLost, UsageError
from arqlight_jobs.healer.incident import Finding, Incident, Step
from arqlight_jobs.healer.machine import Limits, Outcome, Phase, following
from arqlight_jobs.healer.request import HEX_DIGITS
from arqlight_jobs.healer.tables import LONGEST_FINGERPRINT, incident_transitions, incidents

MOST_LISTED = 1000
_COLUMNS = [incidents.c[one.name] for one in fields(Incident)]
_MILLISECONDS = 1000
_TRIES = 3
"""The incident that is in the way may be closed before it is read."""


class IncidentUnknown(UsageError):
    """There is no incident of that id."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A wish to open an incident. `opening` is the job that has it: run again, it opens no other."""

    site_id: str
    fingerprint: str = ""
    by: str = "a job"
    priority: str = "medium"
    is_flap: bool = False
    forced: bool = False
    opening: str | None = None
    correlation_id: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:HEX_DIGITS])


@dataclass(frozen=True, slots=True)
class Incidents:
    """The incidents of a database."""

    engine: AsyncEngine

    # ------------------------------------------------------------------ reading

    async def find(self, incident_id: str) -> Incident:
        """The incident. Raises IncidentUnknown."""
        async with self.engine.connect() as connection:
            return await _read(connection, incident_id)

    async def open_one(self, site_id: str) -> Incident | None:
        """The incident that is open on the site."""
        return await self._one(select(*_COLUMNS).where(incidents.c.site_id == site_id, incidents.c.closed_at.is_(None)))

    async def opened_by_job(self, job_id: str) -> Incident | None:
        """The incident that this job opened, open or closed."""
        return await self._one(select(*_COLUMNS).where(incidents.c.opening == job_id))

    async def listed(self, site_id: str = "", *, open_only: bool = False, limit: int = 50) -> list[Incident]:
        """Incidents, newest first."""
        wanted: list[ColumnElement[bool]] = [incidents.c.site_id == site_id] if site_id else []
        wanted += [incidents.c.closed_at.is_(None)] if open_only else []
        chosen = select(*_COLUMNS).where(*wanted).order_by(incidents.c.opened_at.desc(), incidents.c.id)
        return await self._many(chosen.limit(min(limit, MOST_LISTED)))

    async def of_flow(self, correlation_id: str) -> list[Incident]:
        """The incidents that this correlation id ties to their jobs, newest first."""
        chosen = select(*_COLUMNS).where(incidents.c.correlation_id == correlation_id)
        return await self._many(chosen.order_by(incidents.c.opened_at.desc()).limit(MOST_LISTED))

    async def closed_since(self, site_id: str, since: datetime) -> list[Incident]:
        """The site's incidents that were closed since then, newest first."""
        chosen = select(*_COLUMNS).where(incidents.c.site_id == site_id, incidents.c.closed_at >= since)
        return await self._many(chosen.order_by(incidents.c.closed_at.desc()).limit(MOST_LISTED))

    async def steps(self, incident_id: str) -> tuple[Step, ...]:
        """How the incident came where it is."""
        own = incident_transitions.c
        chosen = select(*(own[one.name] for one in fields(Step))).where(own.incident_id == incident_id)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(chosen.order_by(own.number))).mappings()
            return tuple(_step(row) for row in rows)

    # ------------------------------------------------------------------ writing

    async def open(self, opening: Opening, limits: Limits) -> tuple[Incident, bool]:
        """A new incident, and True; or the one that is open on the site, or that the same job opened, and False."""
        for _ in range(_TRIES):
            try:
                async with self.engine.begin() as connection:
                    await connection.execute(insert(incidents), _new(opening, limits))
                    return await _read(connection, opening.id), True
            except IntegrityError:
                known = opening.opening and await self.opened_by_job(opening.opening)
                held = known or await self.open_one(opening.site_id)
                if held:
                    return held, False
        raise RuntimeError(f"no incident could be opened on {opening.site_id}")

    async def take(self, incident_id: str, phase: Phase, version: int, fence: int) -> Incident | None:
        """The incident in the hands of this run; None when it is past this phase and version.

        Raises IncidentUnknown, and LeaseLost when a later run has it.
        """
        own = incidents.c
        this = (own.id == incident_id, own.phase == phase, own.version == version, own.report.is_(None))
        async with self.engine.begin() as connection:
            mine = update(incidents).where(*this, own.fence < fence).values(fence=fence)
            taken = (await connection.execute(mine)).rowcount == 1
            found = await _read(connection, incident_id)
        if taken or (found.phase, found.version) != (phase, version) or found.report is not None:
            return found if taken else None
        raise LeaseLost(f"a later run has incident {incident_id}")

    async def check(self, seen: Incident) -> None:
        """Raises LeaseLost when the incident is no longer in the hands of the run that took it."""
        held = await self._one(select(*_COLUMNS).where(*_as_seen(seen)))
        if held is None:
            raise LeaseLost(f"incident {seen.id} has moved on, or another run has it")

    async def move(self, seen: Incident, finding: Finding, job_id: str) -> Incident:
        """Move the incident on to what follows from the finding, and note it.

        Raises LeaseLost when it is no longer as it was seen, and ValueError for an outcome that its phase has not.
        """
        at, target = now(), following(seen.phase, finding.outcome)
        step = Step(
            number=seen.version + 1,
            source=seen.phase,
            target=target,
            outcome=finding.outcome,
            reason=finding.reason,
            at=at,
            duration_ms=max(0, round((at - seen.moved_at).total_seconds() * _MILLISECONDS)),
            job_id=job_id,
            output=dict(finding.output),
        )
        async with self.engine.begin() as connection:
            moved = await _change(connection, seen, _changes(seen, finding, target, at))
            await connection.execute(insert(incident_transitions), {"incident_id": seen.id, **asdict(step)})
        return moved

    async def revive(self, seen: Incident) -> Incident:
        """Let the phase be carried out by a new job: the one before is lost. Raises LeaseLost as `move` does."""
        async with self.engine.begin() as connection:
            return await _change(connection, seen, {"version": seen.version + 1, "fence": 0, "queued_at": now()})

    async def file_report(self, seen: Incident, report: dict[str, Any]) -> None:
        """Note what was written about an escalation. Raises LeaseLost as `move` does."""
        async with self.engine.begin() as connection:
            await _change(connection, seen, {"report": report, "fence": 0})

    async def give_up(self, incident_id: str, reason: str) -> Incident:
        """Note that the incident is to end; the job of its phase heeds it. Raises UsageError when it is over."""
        own = incidents.c
        async with self.engine.begin() as connection:
            asked = update(incidents).where(own.id == incident_id, own.closed_at.is_(None)).values(given_up=reason)
            noted = (await connection.execute(asked)).rowcount == 1
            found = await _read(connection, incident_id)
        if not noted:
            raise UsageError(f"Incident {incident_id} is over already: {found.phase.value}.")
        return found

    # ------------------------------------------------------------------ inside

    async def _one(self, chosen: Select[Any]) -> Incident | None:
        return next(iter(await self._many(chosen)), None)

    async def _many(self, chosen: Select[Any]) -> list[Incident]:
        async with self.engine.connect() as connection:
            return [_incident(row) for row in (await connection.execute(chosen)).mappings()]


async def _read(connection: AsyncConnection, incident_id: str) -> Incident:
    chosen = select(*_COLUMNS).where(incidents.c.id == incident_id)
    row = (await connection.execute(chosen)).mappings().one_or_none()
    if row is None:
        raise IncidentUnknown(f"There is no incident {incident_id}; `arqlight incident list` shows them.")
    return _incident(row)


async def _change(connection: AsyncConnection, seen: Incident, changes: dict[str, Any]) -> Incident:
    changed = await connection.execute(update(incidents).where(*_as_seen(seen)).values(**changes))
    if changed.rowcount != 1:
        raise LeaseLost(f"incident {seen.id} has moved on, or another run has it")
    return await _read(connection, seen.id)


def _as_seen(seen: Incident) -> Sequence[ColumnElement[bool]]:
    own = incidents.c
    return (own.id == seen.id, own.version == seen.version, own.fence == seen.fence)


def _incident(row: RowMapping) -> Incident:
    told: dict[str, Any] = {**row, "phase": Phase(row["phase"])}
    return Incident(**told)


def _step(row: RowMapping) -> Step:
    words = {"source": Phase(row["source"]), "target": Phase(row["target"]), "outcome": Outcome(row["outcome"])}
    told: dict[str, Any] = {**row, **words}
    return Step(**told)


def _new(opening: Opening, limits: Limits) -> dict[str, Any]:
    at = now()
    wish = {**asdict(opening), "opened_by": opening.by, "correlation_id": opening.correlation_id or opening.id}
    del wish["by"]
    return {
        **wish,
        "phase": Phase.NEW,
        "version": 0,
        "fence": 0,
        "attempts": 0,
        "opened_at": at,
        "moved_at": at,
        "queued_at": at,
        "deadline": at + limits.deadline,
        "given_up": "",
        "closed_reason": "",
    }


def _changes(seen: Incident, finding: Finding, target: Phase, at: datetime) -> dict[str, Any]:
    fingerprint = str(finding.output.get("fingerprint") or seen.fingerprint)[:LONGEST_FINGERPRINT]
    closing = {"closed_at": at, "closed_reason": finding.reason} if target.is_over else {}
    return {
        "phase": target,
        "version": seen.version + 1,
        "fence": 0,
        "moved_at": at,
        "queued_at": at,
        "fingerprint": fingerprint,
        "attempts": seen.attempts + (target is Phase.FIX_ATTEMPT),
        **closing,
    }
