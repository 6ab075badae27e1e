"""Turns an outcome into the one call that writes it."""

import logging
from typing import assert_never

import msgspec

from arqlight_core.codec import encodable
from arqlight_core.fingerprint import NOT_RUN, UNKNOWN, Fingerprint, fingerprint
from arqlight_core.jobs import (
    Awaiting,
    Cancelled,
    Dead,
    Deferred,
    Failure,
    Interrupted,
    Outcome,
    Retrying,
    State,
    Succeeded,
)
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Burial, Call, Deferral, FinishedJob, Grouping, Retrial
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.results import KeptResult

logger = logging.getLogger("arq.worker")


def completion(attempt: Attempt, kept: KeptResult) -> FinishedJob:
    """A success, as the batch of completions takes it."""
    claimed = attempt.claimed
    return FinishedJob(
        lease=claimed.lease,
        result=kept.data,
        ttl_ms=kept.ttl_ms,
        run_ms=attempt.run_ms,
        job_type=attempt.function_name,
        wait_ms=max(0, claimed.claimed_ms - claimed.due_ms),
        parent=_parent(attempt),
    )


def settlement(attempt: Attempt, outcome: Outcome, kept: KeptResult) -> Call[bool]:
    """The call that writes any outcome but a success."""
    queue, lease = attempt.served.keys, attempt.claimed.lease
    match outcome:
        case Retrying():
            return scripts.retry(queue, lease, _retrial(attempt, outcome))
        case Deferred():
            return scripts.defer(queue, lease, _deferral(outcome), attempt.function_name)
        case Awaiting():
            return scripts.await_children(queue, lease, attempt.envelope.enqueued_ms, attempt.function_name)
        case Interrupted():
            return scripts.release(queue, lease)
        case Cancelled() | Dead():
            return scripts.bury(queue, lease, _burial(attempt, outcome, kept))
        case Succeeded():
            raise AssertionError("successes are completed in batches")
        case _:
            assert_never(outcome)


def _retrial(attempt: Attempt, outcome: Retrying) -> Retrial:
    failure = outcome.failure
    return Retrial(
        delay_ms=milliseconds(outcome.after),
        failure=packed(failure),
        error=summary(failure),
        job_type=attempt.function_name,
        verdict=attempt.blame.queue,
        grouping=_grouping(attempt, failure.fingerprint),
    )


def _deferral(outcome: Deferred) -> Deferral:
    state = State.HELD if outcome.held else State.SCHEDULED
    return Deferral(milliseconds(outcome.after), outcome.because, outcome.by, state, outcome.rule)


def _burial(attempt: Attempt, outcome: Cancelled | Dead, kept: KeptResult) -> Burial:
    failed = outcome.failure if isinstance(outcome, Dead) else None
    return Burial(
        state=State.DEAD if isinstance(outcome, Dead) else State.CANCELLED,
        reason=outcome.reason,
        failure=packed(failed) if failed else b"",
        error=summary(failed) if failed else outcome.reason,
        result=kept.data,
        ttl_ms=kept.ttl_ms,
        job_type=attempt.function_name,
        parent=_parent(attempt),
        verdict=attempt.blame.queue,
        grouping=_grouping(attempt, _fingerprint(outcome)),
    )


def _fingerprint(outcome: Cancelled | Dead) -> Fingerprint:
    """Every dead job belongs to a group: one that was not run, to that of its reason."""
    if isinstance(outcome, Cancelled):
        return UNKNOWN
    return outcome.failure.fingerprint if outcome.failure else fingerprint(NOT_RUN, outcome.reason)


def _grouping(attempt: Attempt, of: Fingerprint) -> Grouping:
    return Grouping(of.id, of.error, of.pattern, of.frame, encodable(attempt.tenant))


def _parent(attempt: Attempt) -> str:
    return str(attempt.envelope.parent or "")


def packed(failure: Failure) -> bytes:
    """A failure as it is kept with its job."""
    return msgspec.msgpack.encode(failure)


def summary(failure: Failure) -> str:
    """The one line by which lists tell a failure."""
    first = failure.message.partition("\n")[0][:200]
    return f"{failure.error}: {first}" if first else failure.error


def log_outcome(attempt: Attempt, outcome: Outcome) -> None:
    """Arq's log line for the end of a run."""
    ref, seconds = f"{attempt.job_id}:{attempt.function_name}", attempt.run_ms / 1000
    match outcome:
        case Succeeded():
            logger.info("%6.2fs ← %s ●", seconds, ref)
        case Retrying():
            wait = outcome.after.total_seconds()
            logger.info("%6.2fs ↻ %s retrying job in %0.2fs: %s", seconds, ref, wait, outcome.failure.error)
        case Deferred():
            logger.info(
                "%6.2fs … %s deferred by %0.2fs: %s", seconds, ref, outcome.after.total_seconds(), outcome.because
            )
        case Awaiting():
            logger.info("%6.2fs … %s waits for its children", seconds, ref)
        case Interrupted():
            logger.info("%6.2fs ↻ %s cancelled, will be run again", seconds, ref)
        case Cancelled():
            logger.info("%6.2fs ⊘ %s %s", seconds, ref, outcome.reason)
        case Dead():
            logger.warning("%6.2fs ! %s failed for good: %s", seconds, ref, outcome.reason)
        case _:
            assert_never(outcome)
