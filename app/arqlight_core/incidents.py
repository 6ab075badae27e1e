"""The words of incidents that a screen shares with the jobs that heal: what is asked and ordered, what is told.

Moments are milliseconds since the epoch, 0 where there is none.
"""

from typing import Literal

import msgspec

from arqlight_core.domains import Order, Question

DOMAIN = "healer"
JOBS = "wp."
"""What the names of the job types begin with whose correlation id is that of an incident."""

Urgency = Literal["critical", "high", "medium", "low"]


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, and where it is."""

    id: str
    site: str
    phase: str
    """NEW, DISCOVERY … FIXED or ESCALATED."""
    progress: int
    """How far it is, in percent."""
    fingerprint: str
    """What it is about; '' while that is not known."""
    attempts: int
    priority: str
    flap: bool
    opened_by: str
    opened_ms: int
    deadline_ms: int
    moved_ms: int
    """When it came into its phase."""
    closed_ms: int
    closed_reason: str
    given_up: str
    """Why an operator wants it to end; '' when none does."""
    correlation_id: str

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.closed_ms > 0


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """From one state to the next: when, after how long in the one that was left, and why."""

    number: int
    source: str
    target: str
    outcome: str
    reason: str
    at_ms: int
    duration_ms: int
    job_id: str


class SymptomSeen(msgspec.Struct, frozen=True):
    """One thing that is wrong with the site, and how sure that is (0 to 1)."""

    id: str
    component: str
    confidence: float
    because: tuple[str, ...]


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook that was tried. `outcome` is how far it came, such as applied, passed or undone."""

    playbook: str
    name: str
    component: str
    changes: int
    dry_run: bool
    plan: tuple[str, ...]
    outcome: str
    ended: tuple[str, ...]
    """What followed, a sentence each."""


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, whole."""

    incident: IncidentRow
    moves: tuple[Move, ...]
    symptoms: tuple[SymptomSeen, ...]
    """The surest first, as the newest look has them."""
    treated: tuple[Treated, ...]
    left: tuple[str, ...]
    """Playbooks that are worth trying and were not tried."""
    next_steps: tuple[str, ...]
    """What a person should do, when it was escalated."""
    critical: bool = False


class Fact(msgspec.Struct, frozen=True):
    """One piece of evidence in words."""

    about: str
    text: str
    bad: bool = False


class HealthLook(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a site. `grade` is good, warning, critical or failed."""

    at_ms: int
    grade: str
    remarks: tuple[str, ...]
    status: int
    """Of the home page; 0: no answer."""
    ttfb_ms: float


INCIDENTS: Question[tuple[IncidentRow, ...]] = Question(DOMAIN, "incidents")
"""Those that are open and the newest of the others; of one flow, with `correlation_id`."""

INCIDENT: Question[IncidentView] = Question(DOMAIN, "incident")
EVIDENCE: Question[tuple[Fact, ...]] = Question(DOMAIN, "evidence")
HEALTH: Question[tuple[HealthLook, ...]] = Question(DOMAIN, "health")
"""The looks at the site of an incident, newest first."""

REPORT: Question[str] = Question(DOMAIN, "report")
"""The report on an escalated incident as Markdown; '' while there is none."""

OPEN = Order(DOMAIN, "open_on")
"""Have a site healed: `site`, and where that is known `symptom` and `component`; `priority`."""

GIVE_UP = Order(DOMAIN, "give_up")
"""End an incident for this `reason`: a fix under way is undone."""
