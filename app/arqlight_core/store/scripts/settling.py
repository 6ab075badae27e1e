"""Calls that a worker makes of a job it holds: how far it is, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from arqlight_core.jobs import Lease
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


class FinishedJob(msgspec.Struct, frozen=True, gc=False):
    """A completed job; `ttl_ms` 0 keeps no result, -1 keeps it for ever. `parent` is told, should there be one.

    `wait_ms` is how long it had been due when it was claimed.
    """

    lease: Lease
    result: bytes
    ttl_ms: int
    run_ms: int
    job_type: str = ""
    parent: str = ""
    wait_ms: int = 0


def finish(queue: QueueKeys, worker: str, seq: int, jobs: Sequence[FinishedJob]) -> Call[list[bool]]:
    """Complete jobs; False for each whose lease is lost. The same `seq` again is answered as before."""
    told = [part for job in jobs for part in (job.ttl_ms, job.run_ms, job.job_type, job.parent, job.wait_ms)]
    packed = msgspec.msgpack.encode(told)  # one argument: a client pays for each
    own = [part for job in jobs for part in (job.lease.job_id, job.lease.owner, job.result)]
    return Call("finish", queue, (worker, seq, packed, *own), lambda answer: [code == 1 for code in answer])


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which group a failure belongs to: fingerprint, exception type (`kind`), pattern, frame; and whose work it was.

    Without a fingerprint it belongs to none.
    """

    fingerprint: str = ""
    kind: str = ""
    pattern: str = ""
    frame: str = ""
    tenant: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """As the scripts take it."""
        return self.fingerprint, self.kind, self.pattern, self.frame, self.tenant


UNGROUPED = Grouping()


@dataclass(frozen=True, slots=True)
class Retrial:
    """When a failed job is tried again, what is kept of the attempt, and a verdict for the queue's own breaker."""

    delay_ms: int
    failure: bytes
    error: str
    job_type: str
    verdict: str = ""
    grouping: Grouping = UNGROUPED


def retry(queue: QueueKeys, lease: Lease, again: Retrial) -> Call[bool]:
    """Put a failed job back for another attempt; False when the lease is lost."""
    told = (again.delay_ms, again.failure, again.error, again.job_type, again.verdict, *again.grouping.told)
    return Call("retry", queue, (lease.job_id, lease.owner, *told), bool)


@dataclass(frozen=True, slots=True)
class Deferral:
    """Until when a job waits, why and who says so; `state` is scheduled (its own wish) or held (a policy's).

    `rule` is the standing hold that wants it so: once that is lifted, it holds nothing any more.
    """

    delay_ms: int
    because: str
    by: str
    state: str
    rule: str = ""


def defer(queue: QueueKeys, lease: Lease, deferral: Deferral, job_type: str) -> Call[bool]:
    """Put a job back until later without burning an attempt; False when the lease is lost."""
    told = (deferral.delay_ms, deferral.because, deferral.by, deferral.state)
    return Call("defer", queue, (lease.job_id, lease.owner, *told, job_type, deferral.rule), bool)


def release(queue: QueueKeys, lease: Lease) -> Call[bool]:
    """Give an unfinished job back, to where it stood in line; False when the lease is lost."""
    return Call("release", queue, (lease.job_id, lease.owner), bool)


@dataclass(frozen=True, slots=True)
class Burial:
    """How a job ends for good: `state` is dead or cancelled, `result` what stock handles will read.

    `verdict` is for the queue's own breaker: fault, config, or '' when it says nothing of what the queue depends on.
    """

    state: str
    reason: str
    failure: bytes
    error: str
    result: bytes
    ttl_ms: int
    job_type: str = ""
    parent: str = ""
    verdict: str = ""
    grouping: Grouping = UNGROUPED


def bury(queue: QueueKeys, lease: Lease, end: Burial) -> Call[bool]:
    """End a job as dead or cancelled; False when the lease is lost."""
    told = (
        end.state,
        end.reason,
        end.failure,
        end.error,
        end.result,
        end.ttl_ms,
        end.job_type,
        end.parent,
        end.verdict,
        *end.grouping.told,
    )
    return Call("bury", queue, (lease.job_id, lease.owner, *told), bool)


def progress(queue: QueueKeys, lease: Lease, done: int, total: int, stage: str, lines: Sequence[str]) -> Call[bool]:
    """Write how far a job is; False when the lease is lost."""
    return Call("progress", queue, (lease.job_id, lease.owner, done, total, stage, *lines), bool)
