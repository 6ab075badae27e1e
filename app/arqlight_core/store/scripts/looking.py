"""Calls that only read; their answers are raw, arqlight_core.observe makes views of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.store.keys import QueueKeys, id_of, word
from arqlight_core.store.scripts.call import Call, Keyspace


def overview(queue: QueueKeys, minutes: int, totals: int = 1) -> Call[list[Any]]:
    """One queue's counters, raw; with 0 without its totals."""
    return Call("overview", queue, (minutes, totals), list)


def throughput(queue: QueueKeys, minutes: int) -> Call[list[Any]]:
    """What came to a queue, ended well and failed in past minutes, raw."""
    return Call("throughput", queue, (minutes,), list)


def window(queue: QueueKeys, state: str, offset: int, limit: int) -> Call[list[Any]]:
    """A window of one state's jobs, raw."""
    return Call("window", queue, (state, offset, limit), list)


def rows(queue: QueueKeys, state: str, ids: Sequence[str]) -> Call[list[Any]]:
    """Those of these jobs that are in a state, raw; at most a few hundred."""
    return Call("rows", queue, (state, *ids), list)


@dataclass(frozen=True, slots=True)
class Latest:
    """Jobs of an ended state, those that ended last first, each with when (ms), of `total` at one moment (ms)."""

    at_ms: int
    total: int
    jobs: tuple[tuple[str, int], ...]


def latest(queue: QueueKeys, state: str, highest: str, behind: str, limit: int) -> Call[Latest]:
    """Name the jobs that ended at `highest` (`+inf`, a moment, or `(` and a moment for before it) or earlier.

    With `behind` those in front of this job, which ended at just that moment.
    """
    return Call("latest", queue, (state, highest, behind, limit), _read_latest)


def _read_latest(answer: list[Any]) -> Latest:
    at_ms, total, *told = answer
    jobs = ((id_of(name), int(float(moment))) for name, moment in zip(told[::2], told[1::2], strict=True))
    return Latest(at_ms, total, tuple(jobs))


def happened(queue: Keyspace, kind: str, since_ms: int) -> Call[list[tuple[str, dict[str, str]]]]:
    """The events of one kind since then, the oldest first: (id, fields)."""
    return Call("happened", queue, (kind, since_ms), _read_events)


def _read_events(answer: list[Any]) -> list[tuple[str, dict[str, str]]]:
    return [(at.decode(), _fields(told)) for at, told in answer]


def _fields(told: list[bytes]) -> dict[str, str]:
    return {word(name): text.decode(errors="replace") for name, text in zip(told[::2], told[1::2], strict=True)}


def failures(queue: QueueKeys, fingerprint: str, offset: int, limit: int) -> Call[list[Any]]:
    """Groups of failures, raw: the one of a fingerprint, or without one a page of them, seen last first."""
    return Call("failures", queue, (fingerprint, offset, limit), list)


def inspect(queue: QueueKeys, job_id: str) -> Call[list[Any]]:
    """All that is known of one job, raw."""
    return Call("inspect", queue, (job_id,), list)


def states(queue: QueueKeys, ids: Sequence[str]) -> Call[list[Any]]:
    """Where these jobs are, raw: their scores in the sorted sets, as `inspect` has them."""
    return Call("states", queue, ids, list)


def trash(queue: QueueKeys, offset: int, limit: int) -> Call[list[Any]]:
    """What a queue's trash holds, raw, the newest operation first, behind how many operations there are."""
    return Call("trash", queue, (offset, limit), list)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a due job stands in line: since when (ms) it has been due, and how many go before it."""

    since_ms: int
    ahead: int


def ahead(queue: QueueKeys, job_id: str) -> Call[Standpoint | None]:
    """Where a job stands in line; None for one that is not due."""
    return Call("ahead", queue, (job_id,), lambda answer: Standpoint(*answer) if answer[1] >= 0 else None)


def horizon(queue: QueueKeys, state: str) -> Call[int]:
    """When the last job that is scheduled, retrying or held comes due (ms); -1 without any."""
    return Call("horizon", queue, (state,), lambda answer: answer[0])
