"""Calls that bring jobs into a queue."""

from collections.abc import Iterable
from dataclasses import dataclass

from arqlight_core.store.keys import QueueKeys, id_of
from arqlight_core.store.scripts.call import Argument, Call


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued; `delay_ms` 0 means at once. `lane` is its priority as a fraction of a score.

    `unique` is the key of which one enqueue is let through, '' without; held for `unique_ms` as `mode` says.
    """

    job_id: str
    payload: bytes
    delay_ms: int = 0
    lane: float = 0.0
    unique: str = ""
    unique_ms: int = 0
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an enqueue: `new`, or refused by the job `holder`, or `merged` into it."""

    new: bool
    holder: str = ""
    merged: bool = False


def enqueue(queue: QueueKeys, jobs: Iterable[NewJob]) -> Call[list[Placed]]:
    """Queue jobs; those whose id or unique key is taken are refused, and told by whom."""
    return Call("enqueue", queue, as_arguments(jobs), lambda answer: [_placed(one) for one in answer])


def as_arguments(jobs: Iterable[NewJob]) -> list[Argument]:
    """New jobs as scripts take them."""
    return [
        part
        for job in jobs
        for part in (job.job_id, job.payload, job.delay_ms, job.lane, job.unique, job.unique_ms, job.mode)
    ]


def _placed(answer: int | bytes | list[bytes]) -> Placed:
    if isinstance(answer, int):
        return Placed(new=True)
    if isinstance(answer, list):
        return Placed(new=False, holder=id_of(answer[0]), merged=True)
    return Placed(new=False, holder=id_of(answer))
