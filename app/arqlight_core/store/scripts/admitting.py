"""Calls about what queues share, and about breakers: may this job run, how did its run go, how do things stand."""

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.jobs import Lease
from arqlight_core.policy import Breaker, milliseconds
from arqlight_core.store.keys import SHARED, id_of
from arqlight_core.store.scripts.call import Call, Keyspace


@functools.cache
def breaker_rules(breaker: Breaker) -> str:
    """A breaker's declaration as the scripts take it and keep it: JSON, durations in ms."""
    rules = {
        "faults": breaker.opens_at,
        "open_ms": milliseconds(breaker.stays_open),
        "probes": breaker.probes,
        "successes": breaker.successes,
        "rate": breaker.rate,
        "min_calls": breaker.min_calls,
        "window_ms": max(10, milliseconds(breaker.window)),
        "ramp_ms": milliseconds(breaker.ramp),
    }
    return json.dumps(rules, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Pass:
    """One dependency's leave to run: the breaker's generation it holds under, and whether the run is a probe."""

    dependency: str
    generation: int
    is_probe: bool


@dataclass(frozen=True, slots=True)
class Denial:
    """What is in a job's way: `kind` exclusive, breaker or limit, its name, whom it concerns, and for how long.

    `why` is in words: a rate, how a breaker stands, which job runs. `kind` over: the run has ended already.
    """

    kind: str
    name: str
    key: str
    why: str
    wait_ms: int
    holder: str


@dataclass(frozen=True, slots=True)
class Admission:
    """What was answered to one run: passes to report with when it is over, or what denies it."""

    passes: tuple[Pass, ...] = ()
    denial: Denial | None = None


def admit(lease: Lease, lane: float, again: int, lease_ms: int, demands: str) -> Call[Admission]:
    """Ask leave to run. `again` 1: the job was held before. The same lease again is answered as before.

    `demands` is JSON: {"exclusive": key or "", "needs": [{"name", "rules"}], "limits": [{"name", "key", "exact",
    "rates": [{"limit", "per_ms", "burst", "words"}]}]}.
    """
    return Call("admit", SHARED, (lease.owner, lease.job_id, lane, again, lease_ms, demands), _read_admission)


def _read_admission(answer: list[Any]) -> Admission:
    admitted, *told = answer
    if admitted:
        return Admission(tuple(Pass(name.decode(), generation, probe == 1) for name, generation, probe in told))
    kind, name, key, why, wait_ms, holder = told
    denial = Denial(_text(kind), _text(name), _text(key), _text(why), wait_ms, id_of(holder))
    return Admission(denial=denial)


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a dependency did in one run: ok, fault, config, limited (for `wait_ms`), or '' when the run tells nothing."""

    name: str
    generation: int
    verdict: str
    wait_ms: int = 0


def report(lease: Lease, exclusive: str, verdicts: Iterable[Verdict]) -> Call[bool]:
    """Tell how dependencies did, and give the key back ('' without one); False when this was told before."""
    told = [part for one in verdicts for part in (one.name, one.generation, one.verdict, one.wait_ms)]
    return Call("report", SHARED, (lease.owner, lease.job_id, exclusive, *told), bool)


@dataclass(frozen=True, slots=True)
class Hold:
    """Something shared that a running job holds: `kind` exclusive (a key) or probe (a dependency's)."""

    lease: Lease
    kind: str
    name: str


def keep(lease_ms: int, holds: Sequence[Hold]) -> Call[list[bool]]:
    """Keep what running jobs hold for one more lease; False for what is lost."""
    told = [part for one in holds for part in (one.lease.owner, one.lease.job_id, one.kind, one.name)]
    return Call("keep", SHARED, (lease_ms, *told), lambda answer: [code == 1 for code in answer])


def breaker(queue: Keyspace, name: str) -> Call[list[Any]]:
    """One breaker, raw: a queue's own ('') or, of SHARED, a dependency's."""
    return Call("breaker", queue, (name,), list)


@dataclass(frozen=True, slots=True)
class Steering:
    """What an operator wants of a breaker: half-open, reset, or open or closed for `for_ms` (0: for good)."""

    mode: str
    for_ms: int
    by: str
    reason: str


def steer(queue: Keyspace, name: str, steering: Steering) -> Call[bool]:
    """Put a breaker where an operator wants it; False when it stood so already."""
    told = (steering.mode, steering.for_ms, steering.by, steering.reason)
    return Call("steer", queue, (name, *told), bool)


def recover(queue: Keyspace, name: str, idle_ms: int) -> Call[bool]:
    """Close a breaker that could have tried for so long and was not asked; end a forced mode whose time is over."""
    return Call("recover", queue, (name, idle_ms), bool)


def usage(name: str, key: str, exact: int, spans: Sequence[int]) -> Call[list[Any]]:
    """How much of a limit a key has used within spans (ms), raw; `exact` 1: it is kept in a log."""
    return Call("usage", SHARED, (name, key, exact, *spans), list)


def limits(most: int, names: Sequence[str]) -> Call[list[Any]]:
    """What each limit has turned away, raw, with at most so many keys that wait."""
    return Call("limits", SHARED, (most, *names), list)
