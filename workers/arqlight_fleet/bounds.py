"""How often, how long and until when a job may run: its job type's live terms, else a stock function's arguments."""

from datetime import timedelta
from typing import TYPE_CHECKING

from arqlight_core.clock import now_ms

if TYPE_CHECKING:
    from arqlight_fleet.attempt import Attempt, Workbench


def tries_of(attempt: "Attempt", bench: "Workbench") -> int:
    """How often it is tried in all."""
    if attempt.terms is not None:
        return attempt.terms.retry.attempts
    own = bench.functions[attempt.function_name].max_tries
    return bench.max_tries if own is None else own


def seconds_of(attempt: "Attempt", bench: "Workbench") -> float:
    """How long this run may take."""
    if attempt.terms is not None:
        return attempt.terms.timeout.total_seconds()
    own = bench.functions[attempt.function_name].timeout_s
    return bench.timeout_s if own is None else own


def left_of(attempt: "Attempt") -> timedelta | None:
    """How long the job may still begin; None without a deadline, or when it has begun and its children have ended.

    The deadline that it carries is the declared one, whoever queued it: a live one moves it here and nowhere else.
    """
    deadline_ms = attempt.envelope.deadline_ms
    if not deadline_ms or attempt.handle.children:
        return None
    shift_ms = attempt.served.deadline_shifts.get(attempt.function_name, 0)
    return timedelta(milliseconds=max(0, deadline_ms + shift_ms - now_ms()))
