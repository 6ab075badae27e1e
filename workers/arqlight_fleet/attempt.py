"""One attempt at one job: read, refused or performed, judged. The life of a job inside a worker."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from arqlight_core.clock import from_ms, now_ms
from arqlight_core.jobs import Cancelled, ClaimedJob, Dead, Deferred, Outcome, Succeeded
from arqlight_fleet.handle import Resources, RunHandle
from arqlight_fleet.judge import UNKNOWN_FUNCTION_WAIT, Circumstances, Stop, judge, stopped
from arqlight_fleet.served import ServedQueue

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
    read: Callable[[bytes], tuple[str, tuple[Any, ...], dict[str, Any], int | None, int]]
    in_our_words: Callable[[BaseException], BaseException]
    timeout_s: float
    max_tries: int
    resources: Resources
    on_job_start: Hook = None
    on_job_end: Hook = None
    forestalled: Callable[["Attempt"], Awaitable[bool]] | None = None
    """Whether a stock handle wants this job not even to start."""


@dataclass(slots=True)
class Attempt:
    """A claimed job on its way through a worker. `stop` is set by whoever cancels its task, and says why."""

    served: ServedQueue
    claimed: ClaimedJob
    lapses: int
    number: int
    handle: RunHandle
    function_name: str = "<unknown>"
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])
    enqueued_ms: int = 0
    started_ms: int = 0
    finished_ms: int = 0
    stop: Stop | None = None
    context: Context = field(default_factory=dict[Any, Any])

    @classmethod
    def begin(cls, served: ServedQueue, claimed: ClaimedJob, lapses: int, resources: Resources) -> "Attempt":
        """The attempt that a claim begins."""
        return cls(served, claimed, lapses, claimed.attempt, RunHandle(claimed, claimed.attempt, resources))

    @property
    def job_id(self) -> str:
        """The id of the job."""
        return self.claimed.lease.job_id

    @property
    def run_ms(self) -> int:
        """How long it ran."""
        return max(0, self.finished_ms - self.started_ms)


async def perform(attempt: Attempt, bench: Workbench) -> Outcome | None:
    """The outcome of the attempt; None when its lease is lost and nothing may be written."""
    attempt.started_ms = attempt.finished_ms = now_ms()
    if attempt.stop is not None:
        return stopped(attempt.stop, asyncio.CancelledError())
    refused = _unfit(attempt) or _unreadable(attempt, bench) or _impossible(attempt, bench)
    if refused is not None:
        return refused
    if bench.forestalled and await bench.forestalled(attempt):
        return Cancelled("aborted before its start")
    attempt.context = _context(attempt, bench)
    outcome = await _run(attempt, bench)
    return await _closed(attempt, bench, outcome)


def _unfit(attempt: Attempt) -> Outcome | None:
    if attempt.lapses >= attempt.served.poison_after:
        return Dead(f"poison: {attempt.lapses} workers went down with it", None)
    if not attempt.claimed.payload:
        return Dead("its payload expired before it ran", None)
    return None


def _unreadable(attempt: Attempt, bench: Workbench) -> Outcome | None:
    try:
        name, args, kwargs, given_try, enqueued_ms = bench.read(attempt.claimed.payload)
        attempt.function_name, attempt.args, attempt.kwargs = str(name), tuple(args), dict(kwargs)
        attempt.enqueued_ms, attempt.number = int(enqueued_ms), max(attempt.number, given_try or 0)
    except Exception as problem:  # noqa: BLE001 - hostile bytes may raise anything; they go to the dead letters
        return Dead(f"its payload cannot be read: {problem}", None, problem)
    return None


def _impossible(attempt: Attempt, bench: Workbench) -> Outcome | None:
    function = bench.functions.get(attempt.function_name)
    if function is None:
        return Deferred(UNKNOWN_FUNCTION_WAIT, f"no function {attempt.function_name!r} here", bench.worker_id)
    tries = _max_tries(attempt, bench)
    if attempt.number > tries:
        return Dead(f"max {tries} retries exceeded", None)
    return None


def _max_tries(attempt: Attempt, bench: Workbench) -> int:
    policy = attempt.served.policies.get(attempt.function_name)
    if policy is not None:
        return policy.attempts
    own = bench.functions[attempt.function_name].max_tries
    return bench.max_tries if own is None else own


def _context(attempt: Attempt, bench: Workbench) -> Context:
    return {
        **bench.context,
        "job_id": attempt.job_id,
        "job_try": attempt.number,
        "enqueue_time": from_ms(attempt.enqueued_ms),
        "score": attempt.claimed.due_ms,
        "fence": attempt.claimed.lease.fence,
        "run": attempt.handle,
    }


async def _run(attempt: Attempt, bench: Workbench) -> Outcome | None:
    function = bench.functions[attempt.function_name]
    timeout_s = bench.timeout_s if function.timeout_s is None else function.timeout_s
    try:
        if bench.on_job_start:
            await bench.on_job_start(attempt.context)
        attempt.started_ms = now_ms()
        async with asyncio.timeout(timeout_s):
            result = await function.coroutine(attempt.context, *attempt.args, **attempt.kwargs)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the edge where a handler's fate is judged
        attempt.finished_ms = now_ms()
        return _judged(attempt, bench, error)
    attempt.finished_ms = now_ms()
    return Succeeded(result)


def _judged(attempt: Attempt, bench: Workbench, error: BaseException) -> Outcome | None:
    current = asyncio.current_task()
    while current and current.uncancel():
        pass  # the cancellation is taken note of: what follows must be able to await
    if attempt.stop is Stop.ABORT and not isinstance(error, asyncio.CancelledError):
        attempt.stop = None
    if attempt.stop is not None:
        return stopped(attempt.stop, error)
    told = Circumstances(
        attempt=attempt.number,
        max_tries=_max_tries(attempt, bench),
        policy=attempt.served.policies.get(attempt.function_name),
        roll=random.random(),  # noqa: S311 - jitter
        worker=bench.worker_id,
        started_ms=attempt.started_ms,
        finished_ms=attempt.finished_ms,
    )
    return judge(bench.in_our_words(error), told)


async def _closed(attempt: Attempt, bench: Workbench, outcome: Outcome | None) -> Outcome | None:
    if bench.on_job_end is None:
        return outcome
    try:
        await bench.on_job_end(attempt.context)
    except Exception as error:  # noqa: BLE001 - a hook that fails fails the job, not the worker
        return _judged(attempt, bench, error)
    return outcome
