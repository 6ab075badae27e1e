"""When a job of the task hub has failed for good, and how that is told to people."""

from arqlight_core.errors import Discard, LeaseLost, Retry, Signal, Unavailable, UnknownOutcome
from arqlight_core.policy import gives_up
from arqlight_core.secrecy import masked_secrets, masked_text
from arqlight_jobs.flrts.terms import RETRY

WAITING_S = 25.0
"""Seconds that a run may take before it fails by itself: so it can still tell of it within its timeout."""

_LONGEST = 160


def is_last(problem: Exception, attempt: int, *, at_least_once: bool) -> bool:
    """Whether the job is dead after this: of what only makes it wait, as a limit or a breaker does, it is not."""
    if isinstance(problem, Discard):
        return True
    if isinstance(problem, UnknownOutcome) and not at_least_once:
        return True
    return is_fault(problem) and gives_up(RETRY, attempt, problem)


def is_fault(problem: Exception) -> bool:
    """Whether this counts as a failed attempt."""
    return isinstance(problem, Unavailable | UnknownOutcome | Retry) or not isinstance(problem, Signal | LeaseLost)


def told(problem: Exception) -> str:
    """Why it failed, without secrets and persons; of what is no signal only that it is our own fault."""
    if isinstance(problem, TimeoutError):
        return "it took too long"
    if isinstance(problem, UnknownOutcome):
        return "nobody knows whether it was done: look in OpenProject, and ask again if it was not"
    words = str(problem) if isinstance(problem, Signal) else "an error of ours"
    return masked_text(masked_secrets(words))[:_LONGEST]
