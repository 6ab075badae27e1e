"""What bounds an incident, decided without a clock or a disk: how it is taken up, and when it has to end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from arqlight_core.policy import MINUTE, spoken
from arqlight_jobs.healer.incident import Choice, Finding, Incident
from arqlight_jobs.healer.machine import Limits, Outcome, Phase

SURRENDER = {
    Phase.BACKUP: Outcome.NO_BACKUP,
    Phase.FIX_ATTEMPT: Outcome.BROKE_OFF,
    Phase.VERIFY: Outcome.FAILED,
    Phase.ROLLBACK: Outcome.NOT_UNDONE,
}
"""What a phase comes to that cannot be carried out: whatever was changed is undone first. Any other: given up."""


LAST_LOOK = 10 * MINUTE
"""How long after its deadline an incident may still find out that its last fix has helped."""


def surrendered(phase: Phase, reason: str) -> Finding:
    """The finding of a phase that cannot be carried out."""
    return Finding(SURRENDER.get(phase, Outcome.GIVEN_UP), reason, {})


def must_end(incident: Incident, at: datetime) -> str:
    """Why the incident must not go on; '' when it may."""
    if incident.given_up:
        return incident.given_up
    if at >= incident.deadline:
        return f"It was not healed within {spoken(incident.deadline - incident.opened_at)}."
    return ""


def cut_short(incident: Incident, at: datetime) -> str:
    """Why its phase is not carried out any more; '' when it is. What makes the end a good one always is."""
    if incident.phase in (Phase.ROLLBACK, Phase.ESCALATED):
        return ""
    if incident.phase is Phase.VERIFY and not incident.given_up and at < incident.deadline + LAST_LOOK:
        return ""
    return must_end(incident, at)


def bounded(incident: Incident, finding: Finding, left: Sequence[Choice], limits: Limits, at: datetime) -> Finding:
    """The finding as the bounds have it; `left` are the playbooks to try after it."""
    if finding.outcome is Outcome.PLAYBOOK_FOUND and not left:
        return replace(finding, outcome=Outcome.NO_PLAYBOOK, reason="No playbook is left to try.")
    if finding.outcome is not Outcome.UNDONE:
        return finding
    why = must_end(incident, at)
    if not why and incident.attempts >= limits.attempts:
        why = f"{incident.attempts} fixes were tried, and no more may be."
    if not why and not left:
        why = "No playbook is left to try."
    return replace(finding, outcome=Outcome.EXHAUSTED, reason=f"{why} {finding.reason}") if why else finding


# ------------------------------------------------------------------ cooldown and flapping


@dataclass(frozen=True, slots=True)
class TakeUp:
    """How a new incident goes on: `outcome`, or not before `wait_until`."""

    outcome: Outcome = Outcome.TAKEN_UP
    reason: str = "It is the only one that is open on the site."
    wait_until: datetime | None = None


def look_back(limits: Limits) -> timedelta:
    """How long ago an incident may have been closed that still matters to a new one."""
    return max(limits.flap_windows * limits.cooldown, limits.after_escalation)


def resting_until(past: Sequence[Incident], limits: Limits) -> datetime | None:
    """Until when an escalated incident keeps checks from opening the next; None when none does. `past` newest first."""
    newest = next((one for one in past if one.closed_at), None)
    if newest is None or newest.closed_at is None or newest.phase is not Phase.ESCALATED:
        return None
    return newest.closed_at + limits.after_escalation


def is_flap(fingerprint: str, past: Sequence[Incident], limits: Limits, at: datetime) -> bool:
    """Whether the same was fixed within a cooldown before that moment."""
    return any(
        one.phase is Phase.FIXED
        and one.closed_at is not None
        and at - one.closed_at < limits.cooldown
        and alike(one.fingerprint, fingerprint)
        for one in past
    )


def taken_up(incident: Incident, past: Sequence[Incident], limits: Limits, at: datetime) -> TakeUp:
    """How a new incident goes on. `past` are those closed on its site before, newest first."""
    if incident.forced:
        return TakeUp(reason=f"{incident.opened_by} asked for it.")
    since = incident.opened_at - limits.flap_windows * limits.cooldown
    same = [one for one in past if one.opened_at >= since and alike(one.fingerprint, incident.fingerprint)]
    flaps = sum(one.is_flap for one in same) + incident.is_flap
    if flaps >= limits.flaps:
        window = spoken(limits.flap_windows * limits.cooldown)
        return TakeUp(Outcome.FLAPPING, f"It came back {flaps} times within {window}, each time soon after its fix.")
    cooling = max((one.closed_at for one in past if one.phase is Phase.FIXED and one.closed_at), default=None)
    if cooling and cooling + limits.cooldown > at:
        return TakeUp(wait_until=cooling + limits.cooldown)
    return TakeUp()


def alike(one: str, other: str) -> bool:
    """Whether two fingerprints may be of the same trouble: a check from outside often cannot name the component."""
    (symptom, _, component), (its_symptom, _, its_component) = one.partition(":"), other.partition(":")
    if not symptom or not its_symptom:
        return True
    return symptom == its_symptom and (not component or not its_component or component == its_component)
