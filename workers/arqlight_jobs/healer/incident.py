"""Incidents as they are read: where one is, how it came there, and what its phases have found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from arqlight_core.settings import Settings
from arqlight_jobs.healer.machine import Limits, Outcome, Phase

PLAYBOOKS, PLAYBOOK = "playbooks", "playbook"
"""Where an output says which playbooks are worth trying, best first, and which one was tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a phase came to. `reason` is one sentence for anybody; `output` is small and JSON: ids, names, counts."""

    outcome: Outcome
    reason: str
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it was when it was read."""

    id: str
    site_id: str
    phase: Phase
    version: int
    """Grows with each change of its state: what was decided on an older one is refused."""
    fence: int
    """The run that has it in hand; 0: none."""
    fingerprint: str
    attempts: int
    """How many fixes were begun."""
    priority: str
    is_flap: bool
    """It was opened soon after the same was fixed."""
    forced: bool
    """A person asked for it: it neither waits for a cooldown nor counts as flapping."""
    opened_by: str
    correlation_id: str
    opened_at: datetime
    deadline: datetime
    moved_at: datetime
    """When it came into its phase."""
    queued_at: datetime
    """When the newest job of its phase was queued."""
    given_up: str
    """Why an operator wants it to end; '' when none does."""
    closed_at: datetime | None
    closed_reason: str
    report: dict[str, Any] | None
    """What was filed about its escalation."""


@dataclass(frozen=True, slots=True)
class Step:
    """One move of an incident. `duration_ms` is how long it was in the state that it left."""

    number: int
    source: Phase
    target: Phase
    outcome: Outcome
    reason: str
    at: datetime
    duration_ms: int
    job_id: str
    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A playbook for a component of the site ('' for all of it): tried at most once in an incident."""

    id: str
    component: str = ""

    @property
    def told(self) -> dict[str, str]:
        """As it stands in an output."""
        return {"id": self.id, "component": self.component}


class Given(NamedTuple):
    """What a phase has given."""

    source: Phase
    output: Mapping[str, Any]


def choices(given: Sequence[Given]) -> tuple[Choice, ...]:
    """The playbooks worth trying, as the newest output that names any has them."""
    told = next((one.output[PLAYBOOKS] for one in reversed(given) if PLAYBOOKS in one.output), ())
    return tuple(dict.fromkeys(_choice(one) for one in told))


def tried(given: Sequence[Given]) -> tuple[Choice, ...]:
    """The playbooks that were tried, in order."""
    fixes = (one for one in given if one.source is Phase.FIX_ATTEMPT and PLAYBOOK in one.output)
    return tuple(_choice(one.output[PLAYBOOK]) for one in fixes)


def left(given: Sequence[Given]) -> tuple[Choice, ...]:
    """Those worth trying that were not tried yet, best first."""
    done = tried(given)
    return tuple(choice for choice in choices(given) if choice not in done)


def _choice(told: Mapping[str, str]) -> Choice:
    return Choice(told["id"], told.get("component", ""))


def limits_of(settings: Settings) -> Limits:
    """What bounds an incident under these settings."""
    return Limits(attempts=settings.max_fix_attempts, cooldown=timedelta(seconds=settings.incident_cooldown))
