"""One typed call for each Lua file: what goes in, and what its answer means."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any, Generic, TypeVar

from arqlight_core.jobs import ClaimedJob, JobId, Lease
from arqlight_core.store.keys import QueueKeys

R = TypeVar("R")
Argument = str | int | float | bytes


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua source as the server gets it."""

    source: str
    sha: str


@functools.cache
def script(name: str) -> Script:
    """The Lua file of that name behind the shared prelude; a shebang stays first."""
    folder = files("arqlight_core.store") / "lua"
    body, shared = (folder / f"{name}.lua").read_text(), (folder / "shared.lua").read_text()
    shebang, rest = body.split("\n", 1) if body.startswith("#!") else ("", body)
    source = f"{shebang}\n{shared}\n{rest}".lstrip("\n")
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One script call, not yet sent: several go to the server in one round trip."""

    name: str
    queue: QueueKeys
    arguments: Sequence[Argument]
    read: Callable[[Any], R]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued; `delay_ms` 0 means at once."""

    job_id: str
    payload: bytes
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class FinishedJob:
    """A completed job; `ttl_ms` 0 keeps no result, -1 keeps it for ever."""

    lease: Lease
    result: bytes
    ttl_ms: int
    run_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim answered; `lapses` says for each job how many workers went down with it. `next_due_ms` -1: none."""

    now_ms: int
    next_due_ms: int
    paused: bool
    jobs: tuple[ClaimedJob, ...]
    lapses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What one chunk of an undo did."""

    restored: int
    skipped: int
    left: int


def enqueue(queue: QueueKeys, jobs: Iterable[NewJob]) -> Call[list[bool]]:
    """Queue jobs; False for each whose id is taken."""
    arguments = [part for job in jobs for part in (job.job_id, job.payload, job.delay_ms)]
    return Call("enqueue", queue, arguments, lambda answer: [code > 0 for code in answer])


def claim(queue: QueueKeys, limit: int, lease_ms: int, lock_ms: int, worker: str, seq: int) -> Call[Claim]:
    """Lease due jobs; the same `seq` again gives the same jobs again."""
    return Call("claim", queue, (limit, lease_ms, lock_ms, worker, seq), _read_claim)


def _read_claim(answer: list[Any]) -> Claim:
    now_ms, next_due_ms, paused, *rows = answer
    jobs = tuple(_claimed(row, now_ms) for row in rows)
    return Claim(now_ms, next_due_ms, bool(paused), jobs, tuple(row[5] for row in rows))


def _claimed(row: list[Any], now_ms: int) -> ClaimedJob:
    job_id, owner, fence, attempt, due_ms, _, payload = row
    return ClaimedJob(Lease(JobId(_job_id(job_id)), owner, fence), payload, attempt, due_ms, now_ms)


def _job_id(raw: bytes) -> str:
    """A producer may have used any bytes: they come back from this text as they were."""
    return raw.decode(errors="surrogateescape")


def renew(queue: QueueKeys, lease_ms: int, lock_ms: int, leases: Iterable[Lease]) -> Call[list[str]]:
    """Extend leases; answers the job ids whose lease is lost."""
    held = [part for lease in leases for part in (lease.job_id, lease.owner)]
    return Call("renew", queue, (lease_ms, lock_ms, *held), lambda lost: [_job_id(job_id) for job_id in lost])


def finish(queue: QueueKeys, worker: str, seq: int, jobs: Iterable[FinishedJob]) -> Call[list[bool]]:
    """Complete jobs; False for each whose lease is lost. The same `seq` again is answered as before."""
    completed = [
        part for job in jobs for part in (job.lease.job_id, job.lease.owner, job.result, job.ttl_ms, job.run_ms)
    ]
    return Call("finish", queue, (worker, seq, *completed), lambda answer: [code == 1 for code in answer])


def retry(queue: QueueKeys, lease: Lease, delay_ms: int, failure: bytes, error: str) -> Call[bool]:
    """Put a failed job back for another attempt; False when the lease is lost."""
    return Call("retry", queue, (lease.job_id, lease.owner, delay_ms, failure, error), bool)


def defer(queue: QueueKeys, lease: Lease, delay_ms: int, because: str, by: str) -> Call[bool]:
    """Put a job back until later without burning an attempt; False when the lease is lost."""
    return Call("defer", queue, (lease.job_id, lease.owner, delay_ms, because, by), bool)


def release(queue: QueueKeys, lease: Lease, due_ms: int) -> Call[bool]:
    """Give an unfinished job back; False when the lease is lost."""
    return Call("release", queue, (lease.job_id, lease.owner, due_ms), bool)


def lapse(queue: QueueKeys, worker: str) -> Call[int]:
    """End the leases of a worker known to be dead; answers how many."""
    return Call("lapse", queue, (worker,), int)


@dataclass(frozen=True, slots=True)
class Burial:
    """How a job ends for good: `state` is dead or cancelled, `result` what stock handles will read."""

    state: str
    reason: str
    failure: bytes
    error: str
    result: bytes
    ttl_ms: int


def bury(queue: QueueKeys, lease: Lease, end: Burial) -> Call[bool]:
    """End a job as dead or cancelled; False when the lease is lost."""
    told = (end.state, end.reason, end.failure, end.error, end.result, end.ttl_ms)
    return Call("bury", queue, (lease.job_id, lease.owner, *told), bool)


def progress(queue: QueueKeys, lease: Lease, done: int, total: int, stage: str, lines: Sequence[str]) -> Call[bool]:
    """Write how far a job is; False when the lease is lost."""
    return Call("progress", queue, (lease.job_id, lease.owner, done, total, stage, *lines), bool)


def pause(queue: QueueKeys, by: str, reason: str) -> Call[bool]:
    """Stop claims; False when the queue was paused already."""
    return Call("pause", queue, (by, reason), bool)


def resume(queue: QueueKeys, by: str, reason: str) -> Call[bool]:
    """Let claims go on; False when the queue was not paused."""
    return Call("resume", queue, (by, reason), bool)


def revive(queue: QueueKeys, by: str, reason: str, ids: Sequence[str]) -> Call[list[int]]:
    """Make ended or retrying jobs due now: 1 done, 0 in no such state, -1 payload gone."""
    return Call("revive", queue, (by, reason, *ids), list)


@dataclass(frozen=True, slots=True)
class PurgeOrder:
    """Which jobs to move to the trash: those of `state` that were there at `moment_ms`."""

    operation: str
    state: str
    moment_ms: int
    by: str
    reason: str
    trash_ms: int


def purge(queue: QueueKeys, order: PurgeOrder, limit: int) -> Call[int]:
    """Move one chunk to the trash; answers how many were moved."""
    told = (order.by, order.reason, order.trash_ms)
    return Call("purge", queue, (order.state, order.moment_ms, limit, order.operation, *told), int)


def undo(queue: QueueKeys, operation: str, limit: int, by: str) -> Call[Restored]:
    """Put one chunk of a purge back."""
    return Call("undo", queue, (operation, limit, by), lambda answer: Restored(*answer))


def prune(queue: QueueKeys, state: str, keep_count: int, keep_age_ms: int, limit: int) -> Call[int]:
    """Forget one chunk of ended jobs beyond what is kept; answers how many."""
    return Call("prune", queue, (state, keep_count, keep_age_ms, limit), int)


def overview(queue: QueueKeys, minutes: int) -> Call[list[Any]]:
    """One queue's counters, raw."""
    return Call("overview", queue, (minutes,), list)


def window(queue: QueueKeys, state: str, offset: int, limit: int) -> Call[list[Any]]:
    """A window of one state's jobs, raw."""
    return Call("window", queue, (state, offset, limit), list)


def inspect(queue: QueueKeys, job_id: str) -> Call[list[Any]]:
    """All that is known of one job, raw."""
    return Call("inspect", queue, (job_id,), list)
