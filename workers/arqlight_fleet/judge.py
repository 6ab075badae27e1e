"""What becomes of a job whose attempt did not return: pure decisions, one place for what counts as an attempt."""

import asyncio
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from arqlight_core.clock import now
from arqlight_core.errors import Cancel, Discard, PayloadInvalid, Retry, Snooze
from arqlight_core.jobs import Cancelled, Dead, Deferred, Failure, Interrupted, Outcome, Retrying
from arqlight_core.policy import SECOND, Backoff

UNKNOWN_FUNCTION_WAIT = 30 * SECOND
_TRACEBACK_LIMIT = 20_000


class Stop(Enum):
    """Why the worker itself stopped a running job."""

    ABORT = auto()
    DRAIN = auto()
    LEASE_LOST = auto()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a judgement depends on beside the error. Without a policy (a stock function) a plain error is final."""

    attempt: int
    max_tries: int
    policy: Backoff | None
    roll: float
    worker: str
    started_ms: int
    finished_ms: int


def judge(error: BaseException, told: Circumstances) -> Outcome:
    """The outcome of an attempt that raised."""
    match error:
        case Snooze():
            return Deferred(_wait(error.until), str(error), "its handler")
        case Cancel():
            return Cancelled(str(error) or "cancelled by its handler", error)
        case Discard() | PayloadInvalid():
            return Dead(f"discarded: {error}", failure_of(error, told), error)
        case Retry():
            return _again(error, error.after, told)
        case asyncio.CancelledError():
            return _again(error, timedelta(0), told)
        case _:
            return _judge_fault(error, told)


def _judge_fault(error: BaseException, told: Circumstances) -> Outcome:
    if told.policy is None:
        return Dead(f"failed: {type(error).__name__}", failure_of(error, told), error)
    if isinstance(error, told.policy.never_on):
        return Dead(f"{type(error).__name__} cannot be mended by trying again", failure_of(error, told), error)
    return _again(error, None, told)


def _again(error: BaseException, after: timedelta | None, told: Circumstances) -> Outcome:
    if told.attempt >= told.max_tries:
        return Dead(f"failed {told.attempt} of {told.max_tries} attempts", failure_of(error, told), error)
    planned = told.policy.delay(told.attempt, told.roll) if told.policy else timedelta(0)
    return Retrying(planned if after is None else after, failure_of(error, told))


def _wait(until: datetime | timedelta) -> timedelta:
    wait = until if isinstance(until, timedelta) else until - now()
    return max(wait, timedelta(0))


def stopped(stop: Stop, error: BaseException) -> Outcome | None:
    """The outcome of a job that the worker stopped; None when nothing may be written of it any more."""
    match stop:
        case Stop.ABORT:
            return Cancelled("aborted", error)
        case Stop.DRAIN:
            return Interrupted()
        case Stop.LEASE_LOST:
            return None


def failure_of(error: BaseException, told: Circumstances) -> Failure:
    """What the attempt leaves behind: the error, its message and the traceback, without any local values."""
    text = "".join(traceback.format_exception(error))
    return Failure(
        attempt=told.attempt,
        error=type(error).__name__,
        message=str(error),
        traceback=text[-_TRACEBACK_LIMIT:],
        worker=told.worker,
        started_ms=told.started_ms,
        finished_ms=told.finished_ms,
    )
