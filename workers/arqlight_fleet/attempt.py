"""One attempt at one job: read, refused or performed, judged. The life of a job inside a worker."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from arqlight_core import logs
from arqlight_core.clock import from_ms, now_ms
from arqlight_core.codec import Envelope, decode_job
from arqlight_core.declaration import JobType
from arqlight_core.errors import LeaseLost, PayloadCorrupt, Retry
from arqlight_core.jobs import Cancelled, ClaimedJob, Dead, Deferred, Outcome, Succeeded, Suspicion
from arqlight_core.secrecy import Sealer
from arqlight_fleet import standing_holds
from arqlight_fleet.admission import NO_STAKE, Admissions, Stake, parsed
from arqlight_fleet.blame import PRAISE, UNBLAMED, Blame, blame_of
from arqlight_fleet.bounds import left_of, seconds_of, tries_of
from arqlight_fleet.family import Family, Kindred
from arqlight_fleet.handle import Resources, RunHandle
from arqlight_fleet.judge import (
    NO_CAPABLE_WORKER,
    UNKNOWN_FUNCTION_WAIT,
    Circumstances,
    Stop,
    encodable,
    failure_of,
    judge,
    stopped,
)
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.time_limit import TimeLimit

Context = dict[Any, Any]
Hook = Callable[[Context], Awaitable[None]] | None


class RunnableFunction(Protocol):
    """What arq's Function and CronJob have in common."""

    name: str
    coroutine: Any
    timeout_s: float | None
    max_tries: int | None
    keep_result_s: float | None
    keep_result_forever: bool | None


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every attempt of a worker shares."""

    worker_id: str
    functions: Mapping[str, RunnableFunction]
    context: Context
    read: Callable[[bytes], Envelope]
    in_our_words: Callable[[BaseException], BaseException]
    timeout_s: float
    max_tries: int
    resources: Resources
    sealer: Sealer
    kindred: Kindred
    admissions: Admissions
    retry_jobs: bool = True
    """Whether a job may run again that asks for it or is cancelled: arq's argument of that name."""
    burst: bool = False
    on_job_start: Hook = None
    on_job_end: Hook = None
    forestalled: Callable[["Attempt"], Awaitable[bool]] | None = None
    """Whether a stock handle wants this job not even to start."""


_UNREAD = Envelope("<unknown>", (), {}, 0)


@dataclass(slots=True)
class Attempt:
    """A claimed job on its way through a worker. `stop` is set by whoever cancels its task, and says why."""

    served: ServedQueue
    claimed: ClaimedJob
    number: int
    handle: RunHandle
    job_id: str
    envelope: Envelope = _UNREAD
    function_name: str = _UNREAD.function
    terms: JobType[Any] | None = None
    """What its declaration asks for, as it stood when the attempt began; a stock function has none."""
    begun_ms: int = field(default_factory=now_ms)
    started_ms: int = 0
    finished_ms: int = 0
    stop: Stop | None = None
    context: Context = field(default_factory=dict[Any, Any])
    payload: Any = None
    """As its model has it; None of a stock function."""
    stake: Stake = NO_STAKE
    tenant: str = ""
    """Whose work it is, as far as a limit for each tenant says so."""
    blame: Blame = UNBLAMED
    """What its end says of the things it depended on."""

    @classmethod
    def begin(cls, served: ServedQueue, claimed: ClaimedJob, resources: Resources) -> "Attempt":
        """The attempt that a claim begins."""
        handle = RunHandle(claimed, claimed.attempt, resources)
        return cls(served, claimed, claimed.attempt, handle, claimed.lease.job_id)

    def open(self, envelope: Envelope) -> None:
        """Take note of what the payload says."""
        self.envelope, self.function_name = envelope, envelope.function
        self.terms = self.served.terms.get(envelope.function)
        self.number = max(self.number, envelope.given_try)
        self.handle.correlation_id = envelope.correlation_id

    def described(self) -> dict[str, object]:
        """What its log lines carry."""
        return {
            "job_id": self.job_id,
            "job_type": self.function_name,
            "queue": self.served.keys.name,
            "attempt": self.number,
            "correlation_id": self.handle.correlation_id,
        }

    @property
    def run_ms(self) -> int:
        """How long it ran."""
        return max(0, self.finished_ms - self.started_ms)


async def perform(attempt: Attempt, bench: Workbench) -> Outcome | None:
    """The outcome of the attempt; None when its lease is lost and nothing may be written."""
    attempt.started_ms = attempt.finished_ms = now_ms()
    if attempt.stop is not None:
        return stopped(attempt.stop, asyncio.CancelledError())
    refused = _unfit(attempt) or _unreadable(attempt, bench)
    if refused is None and attempt.terms and attempt.terms.follow_ups:
        refused = await _held_by_children(attempt, attempt.terms, bench)
    refused = refused or standing_holds.held(attempt) or _impossible(attempt, bench)
    logs.bind(attempt.described)  # every line from here on, its handler's too, tells which job it is about
    if refused is not None:
        return refused
    if bench.forestalled and await bench.forestalled(attempt):
        return Cancelled("aborted before its start")
    if attempt.terms:
        held = await _held_back(attempt, attempt.terms, bench)
        if held is not None:
            return held
    try:
        attempt.context = _context(attempt, bench)
        return await _closed(attempt, bench, await _run(attempt, bench))
    finally:
        bench.admissions.leave(attempt)


def _unfit(attempt: Attempt) -> Outcome | None:
    if attempt.claimed.suspicion is Suspicion.POISON:
        attempt.open(_glimpse(attempt.claimed.payload))
        return Dead(f"poison: {attempt.claimed.lapses} workers went down with it", None)
    if not attempt.claimed.payload:
        return Dead("its payload expired before it ran", None)
    return None


def _unreadable(attempt: Attempt, bench: Workbench) -> Outcome | None:
    try:
        attempt.open(bench.read(attempt.claimed.payload))
    except Exception as problem:  # noqa: BLE001 - hostile bytes may raise anything; they go to the dead letters
        return Dead(encodable(f"its payload cannot be read: {problem}"), None, problem)
    return None


def _glimpse(payload: bytes) -> Envelope:
    """What a payload says, read without running anything: reading it may be what its workers died of."""
    try:
        return decode_job(payload)
    except PayloadCorrupt:
        return _UNREAD


async def _held_by_children(attempt: Attempt, terms: JobType[Any], bench: Workbench) -> Outcome | None:
    attempt.handle.family = Family(bench.kindred, terms, attempt.claimed.lease, attempt.envelope)
    return await attempt.handle.family.look()


def _impossible(attempt: Attempt, bench: Workbench) -> Outcome | None:
    function = bench.functions.get(attempt.function_name)
    if function is None and bench.burst:  # which would else never end
        return Dead(f"function {attempt.function_name!r} not found", None)
    if function is None:
        return Deferred(
            UNKNOWN_FUNCTION_WAIT, f"{NO_CAPABLE_WORKER} {attempt.function_name!r}", bench.worker_id, held=True
        )
    if left_of(attempt) == timedelta(0):
        return Dead("deadline: it was not done in time", None)
    tries = tries_of(attempt, bench)
    if attempt.number > tries:
        return Dead(f"max {tries} retries exceeded", None)
    return None


async def _held_back(attempt: Attempt, terms: JobType[Any], bench: Workbench) -> Outcome | None:
    """What keeps a declared job from running: a payload that does not fit, or somebody who must go first."""
    try:
        attempt.payload = parsed(terms, attempt.envelope, bench.sealer)
        return await bench.admissions.ask(attempt, terms)
    except Exception as error:  # noqa: BLE001 - what a model or a declared key makes of hostile values
        return _judged(attempt, bench, error)


def _context(attempt: Attempt, bench: Workbench) -> Context:
    return {
        **bench.context,
        "job_id": attempt.job_id,
        "job_try": attempt.number,
        "enqueue_time": from_ms(attempt.envelope.enqueued_ms),
        "score": attempt.claimed.due_ms,
        "fence": attempt.claimed.lease.fence,
        "run": attempt.handle,
    }


async def _run(attempt: Attempt, bench: Workbench) -> Outcome | None:
    function = bench.functions[attempt.function_name]
    args, kwargs = attempt.envelope.args, attempt.envelope.kwargs
    if attempt.payload is not None:
        args, kwargs = (attempt.payload,), {}
    try:
        if bench.on_job_start:
            await bench.on_job_start(attempt.context)
        attempt.started_ms = now_ms()
        with TimeLimit(seconds_of(attempt, bench)):
            result = await function.coroutine(attempt.context, *args, **kwargs)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the edge where a handler's fate is judged
        attempt.finished_ms = now_ms()
        return _judged(attempt, bench, error)
    attempt.finished_ms, attempt.blame = now_ms(), PRAISE
    return Succeeded(result)


def _judged(attempt: Attempt, bench: Workbench, error: BaseException) -> Outcome | None:
    current = asyncio.current_task()
    while current and current.uncancel():
        pass  # the cancellation is taken note of: what follows must be able to await
    if isinstance(error, LeaseLost):
        return None
    if attempt.stop is Stop.ABORT and not isinstance(error, asyncio.CancelledError):
        attempt.stop = None
    if attempt.stop is Stop.ABORT or attempt.stop is Stop.LEASE_LOST or (attempt.stop and bench.retry_jobs):
        return stopped(attempt.stop, error)
    told = Circumstances(
        attempt=attempt.number,
        max_tries=tries_of(attempt, bench),
        left=left_of(attempt),
        terms=attempt.terms,
        roll=random.random(),  # noqa: S311 - jitter
        worker=bench.worker_id,
        started_ms=attempt.started_ms,
        finished_ms=attempt.finished_ms,
        cannot_wait=attempt.handle.cannot_wait,
    )
    said = bench.in_our_words(error)
    attempt.blame = blame_of(said, told.terms)
    if not bench.retry_jobs and isinstance(said, (Retry, asyncio.CancelledError)):
        return Dead(f"failed: {type(error).__name__}, and this worker retries no jobs", failure_of(error, told), error)
    return judge(said, told)


async def _closed(attempt: Attempt, bench: Workbench, outcome: Outcome | None) -> Outcome | None:
    if bench.on_job_end is None:
        return outcome
    try:
        await bench.on_job_end(attempt.context)
    except Exception as error:  # noqa: BLE001 - a hook that fails fails the job, not the worker
        return _judged(attempt, bench, error)
    return outcome
