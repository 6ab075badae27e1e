"""Calls by which operators move jobs within their queue, end them, or queue them anew; each is a step of a bulk."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.bulking import Acted, Step, read_acted
from arqlight_core.store.scripts.call import Call


def call_off(queue: QueueKeys, step: Step, ttl_ms: int, results: Sequence[bytes], ids: Sequence[str]) -> Call[Acted]:
    """Cancel jobs; `results` are what stock handles will read of each, b'' for nothing."""
    return Call("call_off", queue, (*step.told, ttl_ms, *results, *ids), read_acted)


def promote(queue: QueueKeys, step: Step, ids: Sequence[str]) -> Call[Acted]:
    """Make scheduled jobs due now."""
    return Call("promote", queue, (*step.told, *ids), read_acted)


def delay(queue: QueueKeys, step: Step, until_ms: int, span_ms: int, ids: Sequence[str]) -> Call[Acted]:
    """Put jobs off until a moment, or with 0 for it, for so long after their bulk was asked for."""
    return Call("delay", queue, (*step.told, until_ms, span_ms, *ids), read_acted)


def prioritize(queue: QueueKeys, step: Step, lane: float, ids: Sequence[str]) -> Call[Acted]:
    """Give jobs another priority."""
    return Call("prioritize", queue, (*step.told, lane, *ids), read_acted)


def park(queue: QueueKeys, step: Step, ids: Sequence[str]) -> Call[Acted]:
    """Hold jobs without an end."""
    return Call("park", queue, (*step.told, *ids), read_acted)


def unpark(queue: QueueKeys, step: Step, ids: Sequence[str]) -> Call[Acted]:
    """Let held jobs go."""
    return Call("unpark", queue, (*step.told, *ids), read_acted)


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of a job: its payload, or if that is gone its result, or nothing.

    `lane` is None when it has none any more. `key` is its unique key, '' without; held for `key_ms` as `mode` says.
    """

    data: bytes
    is_result: bool
    lane: float | None
    key: str
    key_ms: int
    mode: str


def bodies(queue: QueueKeys, ids: Sequence[str]) -> Call[list[Body]]:
    """What is known of each of these jobs."""
    return Call("bodies", queue, ids, lambda answer: [_body(*row) for row in answer])


def _body(data: bytes, result: int, lane: int, key: bytes, terms: bytes) -> Body:
    _, key_ms, mode = terms.decode().split() if terms else ("", 0, "")
    place = None if lane < 0 else lane / 4
    return Body(data, bool(result), place, key.decode(errors="surrogateescape"), int(key_ms), mode)


@dataclass(frozen=True, slots=True)
class Copy:
    """A job that is to be queued in the place of another; without a payload it cannot be."""

    new_id: str
    payload: bytes
    lane: float
    unique: str = ""
    unique_ms: int = 0
    mode: str = ""


def requeue(queue: QueueKeys, step: Step, trash_ms: int, copies: Sequence[Copy], ids: Sequence[str]) -> Call[Acted]:
    """Queue a copy of each of these jobs, which stay, or go to the trash for a time."""
    told = [part for one in copies for part in (one.new_id, one.payload, one.lane, one.unique, one.unique_ms, one.mode)]
    return Call("requeue", queue, (*step.told, trash_ms, *told, *ids), read_acted)
