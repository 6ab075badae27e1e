"""The life of an incident as data: every state, every way from one to another, and the guard on it.

The table follows the state machine of the WordPress auto-healing system; its numbers are in `Limits`.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from arqlight_core.policy import HOUR, MINUTE


class Phase(StrEnum):
    """Where an incident is."""

    NEW = "NEW"
    DISCOVERY = "DISCOVERY"
    BASELINE = "BASELINE"
    BACKUP = "BACKUP"
    OBSERVABILITY = "OBSERVABILITY"
    FIX_ATTEMPT = "FIX_ATTEMPT"
    VERIFY = "VERIFY"
    ROLLBACK = "ROLLBACK"
    FIXED = "FIXED"
    ESCALATED = "ESCALATED"

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self in (Phase.FIXED, Phase.ESCALATED)


class Outcome(StrEnum):
    """What a phase came to; together with the phase it says what follows."""

    TAKEN_UP = "taken up"
    FLAPPING = "flapping"
    IS_WORDPRESS = "is WordPress"
    NOT_REPRODUCED = "not reproduced"
    OUT_OF_REACH = "out of reach"
    STORED = "stored"
    VERIFIED = "verified"
    NO_BACKUP = "no backup"
    PLAYBOOK_FOUND = "playbook found"
    NO_PLAYBOOK = "no playbook left"
    SECURITY = "security"
    APPLIED = "applied"
    BROKE_OFF = "broke off"
    PASSED = "passed"
    FAILED = "failed"
    UNDONE = "undone"
    EXHAUSTED = "exhausted"
    NOT_UNDONE = "not undone"
    GIVEN_UP = "given up"
    """By an operator, the deadline, or a phase whose job has used up its attempts; possible from everywhere."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way on: from where, on which outcome, to where, and what must hold for it."""

    source: Phase
    outcome: Outcome
    target: Phase
    guard: str


WAYS = (
    Way(
        Phase.NEW,
        Outcome.TAKEN_UP,
        Phase.DISCOVERY,
        "no other incident is open on the site, and it is not cooling down",
    ),
    Way(Phase.NEW, Outcome.FLAPPING, Phase.ESCALATED, "it was fixed three times within six cooldowns"),
    Way(Phase.DISCOVERY, Outcome.IS_WORDPRESS, Phase.BASELINE, "the site is known as WordPress, or its folder is"),
    Way(Phase.DISCOVERY, Outcome.NOT_REPRODUCED, Phase.FIXED, "three clean probes in a row, and nothing in the logs"),
    Way(
        Phase.DISCOVERY, Outcome.OUT_OF_REACH, Phase.ESCALATED, "no such name, not WordPress, or no access to its cause"
    ),
    Way(Phase.BASELINE, Outcome.STORED, Phase.BACKUP, "the baseline is stored"),
    Way(Phase.BACKUP, Outcome.VERIFIED, Phase.OBSERVABILITY, "the backup was opened again and compared"),
    Way(Phase.BACKUP, Outcome.NO_BACKUP, Phase.ESCALATED, "no fix without a backup"),
    Way(Phase.OBSERVABILITY, Outcome.PLAYBOOK_FOUND, Phase.FIX_ATTEMPT, "an applicable playbook has not been tried"),
    Way(Phase.OBSERVABILITY, Outcome.NO_PLAYBOOK, Phase.ESCALATED, "none applies"),
    Way(
        Phase.OBSERVABILITY,
        Outcome.NOT_REPRODUCED,
        Phase.FIXED,
        "by now three clean probes in a row, and no fresh error in the logs",
    ),
    Way(Phase.OBSERVABILITY, Outcome.SECURITY, Phase.ESCALATED, "traces of an intruder are left as they are"),
    Way(Phase.FIX_ATTEMPT, Outcome.APPLIED, Phase.VERIFY, "every change of the plan was made, or would be"),
    Way(Phase.FIX_ATTEMPT, Outcome.BROKE_OFF, Phase.ROLLBACK, "a change failed after others were made"),
    Way(Phase.VERIFY, Outcome.PASSED, Phase.FIXED, "three good rounds"),
    Way(Phase.VERIFY, Outcome.FAILED, Phase.ROLLBACK, "as bad as before, or worse"),
    Way(Phase.ROLLBACK, Outcome.UNDONE, Phase.FIX_ATTEMPT, "undone byte for byte, and there is something left to try"),
    Way(Phase.ROLLBACK, Outcome.EXHAUSTED, Phase.ESCALATED, "undone, and nothing is left to try, or no time"),
    Way(Phase.ROLLBACK, Outcome.NOT_UNDONE, Phase.ESCALATED, "what was changed could not be put back"),
)

PROGRESS = {
    Phase.NEW: 0,
    Phase.DISCOVERY: 10,
    Phase.BASELINE: 20,
    Phase.BACKUP: 35,
    Phase.OBSERVABILITY: 45,
    Phase.FIX_ATTEMPT: 60,
    Phase.VERIFY: 80,
    Phase.ROLLBACK: 90,
    Phase.FIXED: 100,
    Phase.ESCALATED: 100,
}
"""How far an incident is in each state, in percent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds an incident."""

    attempts: int = 15
    deadline: timedelta = 2 * HOUR
    cooldown: timedelta = 10 * MINUTE
    after_escalation: timedelta = HOUR
    """How long an escalated incident keeps the checks from opening the next."""
    flaps: int = 3
    flap_windows: int = 6


def following(phase: Phase, outcome: Outcome) -> Phase:
    """The state that follows. Raises ValueError for an outcome that the phase does not have."""
    if outcome is Outcome.GIVEN_UP and not phase.is_over:
        return Phase.ESCALATED
    found = next((way.target for way in WAYS if (way.source, way.outcome) == (phase, outcome)), None)
    if found is None:
        raise ValueError(f"{phase} cannot come to: {outcome}")
    return found
