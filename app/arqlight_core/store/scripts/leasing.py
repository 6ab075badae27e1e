"""Calls that give, keep and take back the right to run a job."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arqlight_core.jobs import ClaimedJob, JobId, Lease, Suspicion
from arqlight_core.store.keys import QueueKeys, id_of
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim answered; `next_due_ms` -1: none.

    `why` says what keeps further jobs back: paused, full, breaker; '' when nothing does.
    """

    now_ms: int
    next_due_ms: int
    why: str
    jobs: tuple[ClaimedJob, ...]


@dataclass(frozen=True, slots=True)
class Appetite:
    """How much a claim takes; `fleet_concurrency` 0 is unbounded.

    A job that took `poison_after` workers down is a suspect, of which it takes `suspects`, or poison if it was alone
    in the last of them. `sole` (1 or 0): the workers here serve this queue alone, so that alone means alone.
    `breaker`: the rules of the queue's own, '' without one.
    """

    limit: int
    fleet_concurrency: int = 0
    poison_after: int = 2
    suspects: int = 1
    sole: int = 1
    breaker: str = ""


def claim(queue: QueueKeys, appetite: Appetite, lease_ms: int, lock_ms: int, worker: str, seq: int) -> Call[Claim]:
    """Lease due jobs; the same `seq` again gives the same jobs again."""
    most = (appetite.fleet_concurrency, appetite.poison_after, appetite.suspects, appetite.sole, appetite.breaker)
    return Call("claim", queue, (appetite.limit, lease_ms, lock_ms, worker, seq, *most), _read_claim)


_SUSPICIONS = {int(one): one for one in Suspicion}  # calling an enumeration costs more


def _read_claim(answer: list[Any]) -> Claim:
    now_ms, next_due_ms, why, *rows = answer
    return Claim(now_ms, next_due_ms, why.decode(), tuple(_claimed(row, now_ms) for row in rows))


def _claimed(row: list[Any], now_ms: int) -> ClaimedJob:
    job_id, owner, fence, attempt, due_ms, lane, lapses, suspicion, was_held, payload = row
    return ClaimedJob(
        lease=Lease(JobId(id_of(job_id)), owner, fence),
        payload=payload,
        attempt=attempt,
        due_ms=due_ms,
        claimed_ms=now_ms,
        lane=lane / 4,
        lapses=lapses,
        suspicion=_SUSPICIONS[suspicion],
        was_held=bool(was_held),
    )


def renew(queue: QueueKeys, lease_ms: int, lock_ms: int, leases: Iterable[Lease]) -> Call[list[str]]:
    """Extend leases; answers the job ids whose lease is lost."""
    held = [part for lease in leases for part in (lease.job_id, lease.owner)]
    return Call("renew", queue, (lease_ms, lock_ms, *held), lambda lost: [id_of(job_id) for job_id in lost])


@dataclass(frozen=True, slots=True)
class Lapsed:
    """How many leases one chunk ended, and the cursor behind it, empty at the end."""

    cursor: bytes
    ended: int


def lapse(queue: QueueKeys, worker: str, cursor: bytes, limit: int) -> Call[Lapsed]:
    """End leases of a worker known to be dead, among the `limit` running jobs behind the cursor (empty: the first)."""
    return Call("lapse", queue, (worker, cursor, limit), lambda answer: Lapsed(*answer))
