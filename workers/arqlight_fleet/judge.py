"""What becomes of a job whose attempt did not return: pure decisions, one place for what counts as an attempt."""

import asyncio
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from arqlight_core.clock import now
from arqlight_core.codec import encodable
from arqlight_core.declaration import JobType
from arqlight_core.errors import (
    AwaitChildren,
    Cancel,
    Discard,
    Misconfigured,
    PayloadInvalid,
    RateLimited,
    Retry,
    Snooze,
    Unavailable,
    UnknownOutcome,
)
from arqlight_core.fingerprint import fingerprint_of, words_of
from arqlight_core.jobs import Awaiting, Cancelled, Dead, Deferred, Failure, Interrupted, Outcome, Retrying
from arqlight_core.policy import SECOND
from arqlight_core.secrecy import masked_secrets

UNKNOWN_FUNCTION_WAIT = 30 * SECOND
NO_CAPABLE_WORKER = "no capable worker: none here knows"
"""How a job of an unknown type is told; a rolling deploy must not lose it."""
_TRACEBACK_LIMIT = 20_000


class Stop(Enum):
    """Why the worker itself stopped a running job."""

    ABORT = auto()
    DRAIN = auto()
    LEASE_LOST = auto()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a judgement depends on beside the error. Without terms (a stock function) a plain error is final."""

    attempt: int
    max_tries: int
    terms: JobType[Any] | None
    left: timedelta | None
    """How long the job may still begin; None without a deadline."""
    roll: float
    worker: str
    started_ms: int
    finished_ms: int
    cannot_wait: str = ""
    """Why it cannot wait for children; '' when it can."""


def judge(error: BaseException, told: Circumstances) -> Outcome:
    """The outcome of an attempt that raised."""
    if isinstance(error, AwaitChildren):
        return _dead(told.cannot_wait, error, told) if told.cannot_wait else Awaiting()
    return _judge_signal(error, told)


def _judge_signal(error: BaseException, told: Circumstances) -> Outcome:
    match error:
        case Snooze():
            return Deferred(_wait(error.until), encodable(str(error)), "its handler")
        case Cancel():
            return Cancelled(encodable(str(error)) or "cancelled by its handler", error)
        case Discard() | PayloadInvalid():
            return _dead(f"discarded: {error}", error, told)
        case Retry():
            return _again(error, error.after, told)
        case asyncio.CancelledError():
            return _again(error, timedelta(0), told)
        case _:
            return _judge_fault(error, told)


def _judge_fault(error: BaseException, told: Circumstances) -> Outcome:
    if isinstance(error, RateLimited):
        return _hold(error, error.after, told)
    if told.terms is None:
        return _dead(f"failed: {type(error).__name__}", error, told)
    if isinstance(error, told.terms.retry.never_on):
        return _dead(f"{type(error).__name__} cannot be mended by trying again", error, told)
    if isinstance(error, Misconfigured):
        return _judge_refusal(error, told.terms, told)
    if isinstance(error, UnknownOutcome) and not told.terms.at_least_once:
        return _dead(f"unknown outcome: {error}", error, told)
    return _again(error, _planned(error, told), told)


def _judge_refusal(error: Misconfigured, terms: JobType[Any], told: Circumstances) -> Outcome:
    """Whoever mends the credentials finds the jobs waiting behind the breaker; without one they are dead letters."""
    named = {need.name: need.breaker for need in terms.needs}
    breaker = named.get(error.dependency) or next(iter(named.values()), None)
    return _hold(error, breaker.stays_open, told) if breaker else _dead(f"misconfigured: {error}", error, told)


def _hold(error: RateLimited | Misconfigured, wait: timedelta, told: Circumstances) -> Outcome:
    if _too_late(wait, told):
        return _dead(f"deadline: {error}", error, told)
    return Deferred(wait, encodable(error.reason), error.dependency or "its handler", held=True)


def _planned(error: BaseException, told: Circumstances) -> timedelta:
    """The policy's wait, or the hint of a dependency if that is longer."""
    wait = told.terms.retry.delay(told.attempt, told.roll) if told.terms else timedelta(0)
    return max(wait, error.after) if isinstance(error, Unavailable) and error.after else wait


def _again(error: BaseException, after: timedelta | None, told: Circumstances) -> Outcome:
    wait = _planned(error, told) if after is None else after
    if told.attempt >= told.max_tries:
        return _dead(f"failed {told.attempt} of {told.max_tries} attempts", error, told)
    if _too_late(wait, told):
        return _dead(f"deadline: attempt {told.attempt + 1} would not begin in time", error, told)
    return Retrying(wait, failure_of(error, told))


def _too_late(wait: timedelta, told: Circumstances) -> bool:
    return told.left is not None and wait > told.left


def _dead(reason: str, error: BaseException, told: Circumstances) -> Dead:
    return Dead(encodable(reason), failure_of(error, told), error)


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
    """What the attempt leaves behind: error, message and traceback, without local values and with secrets masked."""
    text = "".join(traceback.format_exception(error))[-_TRACEBACK_LIMIT:]
    return Failure(
        attempt=told.attempt,
        error=type(error).__name__,
        message=encodable(masked_secrets(words_of(error))),
        traceback=encodable(masked_secrets(text)),
        worker=told.worker,
        started_ms=told.started_ms,
        finished_ms=told.finished_ms,
        fingerprint=fingerprint_of(error),
    )
