"""Turns an outcome into the one call that writes it."""

import logging
from typing import assert_never

import msgspec

from arqlight_core.jobs import Cancelled, Dead, Deferred, Failure, Interrupted, Outcome, Retrying, Succeeded
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Burial, Call, FinishedJob
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.results import KeptResult

logger = logging.getLogger("arq.worker")


def completion(attempt: Attempt, kept: KeptResult) -> FinishedJob:
    """A success, as the batch of completions takes it."""
    return FinishedJob(attempt.claimed.lease, kept.data, kept.ttl_ms, attempt.run_ms)


def settlement(attempt: Attempt, outcome: Outcome, kept: KeptResult) -> Call[bool]:
    """The call that writes any outcome but a success."""
    queue, lease = attempt.served.keys, attempt.claimed.lease
    match outcome:
        case Retrying():
            failure = outcome.failure
            return scripts.retry(queue, lease, milliseconds(outcome.after), packed(failure), summary(failure))
        case Deferred():
            return scripts.defer(queue, lease, milliseconds(outcome.after), outcome.because, outcome.by)
        case Interrupted():
            return scripts.release(queue, lease, attempt.claimed.due_ms)
        case Cancelled():
            return scripts.bury(queue, lease, Burial("cancelled", outcome.reason, b"", "", kept.data, kept.ttl_ms))
        case Dead():
            return scripts.bury(queue, lease, _burial(outcome, kept))
        case Succeeded():
            raise AssertionError("successes are completed in batches")
        case _:
            assert_never(outcome)


def _burial(outcome: Dead, kept: KeptResult) -> Burial:
    failure = packed(outcome.failure) if outcome.failure else b""
    told = summary(outcome.failure) if outcome.failure else outcome.reason
    return Burial("dead", outcome.reason, failure, told, kept.data, kept.ttl_ms)


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
        case Interrupted():
            logger.info("%6.2fs ↻ %s cancelled, will be run again", seconds, ref)
        case Cancelled():
            logger.info("%6.2fs ⊘ %s %s", seconds, ref, outcome.reason)
        case Dead():
            logger.warning("%6.2fs ! %s failed for good: %s", seconds, ref, outcome.reason)
        case _:
            assert_never(outcome)
