"""Calls by which operators, and the keeping of house, act on a queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Restored:
    """What one chunk of an undo did."""

    restored: int
    skipped: int
    left: int


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


def prune(queue: QueueKeys, state: str, keep_count: int, keep_age_ms: int, limit: int, results: int) -> Call[int]:
    """Forget one chunk of ended jobs beyond what is kept, `results` (1 or 0) with them; answers how many."""
    return Call("prune", queue, (state, keep_count, keep_age_ms, limit, results), int)
