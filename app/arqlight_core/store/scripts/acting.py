"""Calls by which operators, and the keeping of house, act on a queue."""

from dataclasses import dataclass

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


def pause(queue: QueueKeys, by: str, reason: str) -> Call[bool]:
    """Stop claims; False when the queue was paused already."""
    return Call("pause", queue, (by, reason), bool)


def resume(queue: QueueKeys, by: str, reason: str, ramp_ms: int = 0) -> Call[bool]:
    """Let claims go on, slowly at first where a ramp is given; False when the queue was not paused."""
    return Call("resume", queue, (by, reason, ramp_ms), bool)


def prune(queue: QueueKeys, state: str, keep_count: int, keep_age_ms: int, limit: int, results: int) -> Call[int]:
    """Forget one chunk of ended jobs beyond what is kept, `results` (1 or 0) with them; answers how many."""
    return Call("prune", queue, (state, keep_count, keep_age_ms, limit, results), int)


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many jobs of a trash one chunk destroyed, and how many are left in it."""

    destroyed: int
    left: int


def empty_trash(queue: QueueKeys, operation: str, limit: int, by: str, reason: str) -> Call[Emptied]:
    """Destroy one chunk of what an operation moved to the trash."""
    return Call("empty_trash", queue, (operation, limit, by, reason), lambda answer: Emptied(*answer))
