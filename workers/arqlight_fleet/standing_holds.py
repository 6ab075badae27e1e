"""Standing holds of operators: a job that matches one is put aside as it would begin, and costs no attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from arqlight_core.clock import now_ms
from arqlight_core.errors import UsageError
from arqlight_core.jobs import Deferred
from arqlight_core.selection import Candidate, Selection, held_by, matches
from arqlight_core.store.scripts import Rule

if TYPE_CHECKING:
    from arqlight_fleet.attempt import Attempt

AT_MOST = 50
FAR = timedelta(days=36_525)
"""How long a job is held that nothing but an operator lets go."""

_SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class StandingHold:
    """One rule, read."""

    id: str
    rule: Rule
    jobs: Selection


def standing(rules: Mapping[str, Rule], now: int) -> tuple[StandingHold, ...]:
    """The rules that count at this moment of the server's clock. Raises UsageError for one of a later version."""
    try:
        return tuple(
            StandingHold(name, rule, msgspec.json.decode(rule.terms, type=Selection))
            for name, rule in rules.items()
            if rule.stands(now)
        )
    except msgspec.MsgspecError as problem:
        raise UsageError(f"A standing hold cannot be read: {problem}.") from problem


def held(attempt: "Attempt") -> Deferred | None:
    """For how long a standing hold keeps the job, and why; None when none does. Costs nothing while there are none."""
    if not attempt.served.holds:
        return None
    envelope = attempt.envelope
    job = Candidate(
        attempt.job_id,
        envelope.function,
        envelope.correlation_id,
        envelope.enqueued_ms,
        payload={"args": envelope.args, "kwargs": envelope.kwargs},
    )
    sensitive = frozenset[str]().union(*(terms.sealed for terms in attempt.served.terms.values()))
    return next((_deferred(one) for one in attempt.served.holds if matches(one.jobs, job, sensitive)), None)


def _deferred(hold: StandingHold) -> Deferred:
    rule = hold.rule
    left = timedelta(milliseconds=rule.until_ms - now_ms()) if rule.until_ms else FAR
    because = f"held by {rule.by}" + (f": {rule.reason}" if rule.reason else "")
    return Deferred(max(left, _SOON), because, held_by(hold.id), held=True, rule=hold.id)
