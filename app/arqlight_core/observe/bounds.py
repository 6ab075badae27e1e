"""What keeps a queue from being empty sooner: who stopped it, what holds its jobs, how many run at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe.fleet import QueueView
from arqlight_core.observe.moments import roughly, until
from arqlight_core.policy import SECOND
from arqlight_core.policy.spelling import read_rates

_LIMIT = re.compile(r"limit (?P<name>.+?): (?P<rate>\d+ per [^,]+)(?P<keyed>, for .*)?", re.DOTALL)
_SLOW_MS = 100
"""From runs of this length on it is places that bind, not the talk with the server: what they allow is believed."""


class Binding(StrEnum):
    """What keeps a queue from being empty sooner; of several, the first that applies."""

    NOTHING = "nothing"
    PAUSED = "paused"
    NO_WORKER = "no worker"
    BREAKER = "breaker"
    LIMIT = "limit"
    HELD = "held"
    FLEET_CONCURRENCY = "fleet concurrency"
    CONCURRENCY = "concurrency"
    ARRIVALS = "arrivals"
    RETRIES = "retries"
    RATE = "measured rate"


STOPS = (Binding.PAUSED, Binding.NO_WORKER, Binding.BREAKER)
"""While these stand nothing goes at all."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One thing that binds, in words; how many jobs a second it lets through, if known; until when (ms, or 0)."""

    binding: Binding
    text: str
    per_s: float | None = None
    until_ms: int = 0


def bounds_of(queue: QueueView, at_ms: int) -> Iterator[Bound]:
    """Everything that binds it now, the gravest first."""
    if queue.paused:
        yield Bound(Binding.PAUSED, f"paused by {queue.paused.by}")
    if not queue.workers:
        yield Bound(Binding.NO_WORKER, "no worker takes its jobs")
    if queue.breaker.state == "open":
        ends = queue.breaker.until_ms
        yield Bound(
            Binding.BREAKER, "its breaker is open" + (f" until {until(ends, at_ms)}" if ends else ""), until_ms=ends
        )
    if queue.limited:
        yield _held(queue.limited)
    yield from _no_room(queue)


def _held(reason: str) -> Bound:
    """What holds the job that would run next; of a limit for some jobs only nobody knows how many it lets through."""
    told = _LIMIT.fullmatch(reason)
    if told is None:
        return Bound(Binding.HELD, f"held: {reason}")
    per_s = None if told["keyed"] else _per_s(told["rate"])
    return Bound(Binding.LIMIT, f"limit {told['name']}, {told['rate']}{told['keyed'] or ''}", per_s)


def _no_room(queue: QueueView) -> Iterator[Bound]:
    """The bounds of how many run at a time, while they are reached."""
    active, run_s = queue.counts[State.ACTIVE], (queue.pace.run_ms or 0) / 1000
    if not active or active < queue.slots:
        return
    per_s = queue.slots / run_s if run_s else None
    each = f", {roughly(run_s * 1000)} each" if run_s >= 1 else ""
    if queue.slots < queue.concurrency:
        yield Bound(Binding.FLEET_CONCURRENCY, f"fleet concurrency {queue.slots:,}{each}", per_s)
    else:
        who = f"its {queue.workers:,} workers run" if queue.workers > 1 else "its only worker runs"
        yield Bound(Binding.CONCURRENCY, f"{who} {queue.slots:,} at a time{each}", per_s)


def capacity_of(queue: QueueView, bounds: tuple[Bound, ...]) -> float | None:
    """The least that a known bound lets through: all its places over the mean of a run, or a limit."""
    run_s = (queue.pace.run_ms or 0) / 1000
    places = [queue.slots / run_s] if run_s and queue.workers else []
    return min([*places, *(bound.per_s for bound in bounds if bound.per_s is not None)], default=None)


def speed_of(queue: QueueView, bounds: tuple[Bound, ...]) -> float:
    """Jobs a second that are expected to go: as measured, or what places allow that are all taken; within limits."""
    known = {bound.binding: bound.per_s for bound in bounds if bound.per_s is not None}
    limit = known.pop(Binding.LIMIT, None)
    allowed = max(known.values(), default=0.0) if (queue.pace.run_ms or 0) >= _SLOW_MS else 0.0
    expected = max(queue.pace.out_per_s, allowed)
    return expected if limit is None else min(expected or limit, limit)


def _per_s(rate: str) -> float | None:
    """The jobs a second that a limit's rate lets through; None when it cannot be read."""
    try:
        [told] = read_rates(rate)
    except UsageError:
        return None
    return told.limit / (told.per / SECOND)
