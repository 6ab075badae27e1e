"""The overview's columns: one queue a row."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe import Binding
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, count, duration, rate, share, sparkline
from arqlight_screens.lines import Line, Part
from arqlight_screens.queue_rows import QueueRow, domain_of
from arqlight_screens.text import visible
from arqlight_screens.tones import CONDITIONS, Tone

_LONGEST_NAME = 40
_SHORTEST_NAME = 12
_NAME_AT_MOST = 28
"""A longer name is cut rather than costing a column."""
_HISTORY = 6
_ENDLESS = float("inf")
_STOPPED = (Binding.PAUSED, Binding.NO_WORKER, Binding.BREAKER)

Order = Callable[[QueueRow], Any]


def _name(row: QueueRow, _now: int) -> Line | Part:
    """The name; of a queue that goes on with the domain of the one before, only its own part stands out."""
    tone: Tone = "strong" if row.queue.condition != "idle" else "plain"
    if len(visible(row.name)) > _NAME_AT_MOST or row.begins:
        return Part(row.name, tone)
    domain = domain_of(row.name)
    return (Part(domain, "dim"), Part(row.name.removeprefix(domain), tone))


def _condition(row: QueueRow, _now: int) -> Part:
    queue = row.queue
    glyph, tone = CONDITIONS[queue.condition]
    by = f" {queue.paused.by}" if queue.paused else ""
    return Part(f"{glyph} {queue.condition}{by}", tone)


def _counted(state: State, title: str, priority: int, tone: Tone) -> Column[QueueRow]:
    def cell(row: QueueRow, _now: int) -> Part:
        number = row.queue.counts[state]
        return Part(count(number), tone) if number else Part("0", "dim")

    return Column(title, len(title), cell, priority, right=True, order=lambda row: row.queue.counts[state])


def _figure(title: str, width: int, told: Order, spelled: Callable[[Any], str], priority: int) -> Column[QueueRow]:
    """A column of one figure: nothing, or None, is dim and sorts last."""

    def cell(row: QueueRow, _now: int) -> Part:
        number = told(row)
        return Part(spelled(number), "plain" if number else "dim")

    return Column(title, width, cell, priority, right=True, order=lambda row: told(row) or None)


def _active(row: QueueRow, _now: int) -> Part:
    active = row.queue.counts[State.ACTIVE]
    return Part(f"{count(active)}/{count(row.queue.slots)}", "busy" if active else "dim")


def _oldest(row: QueueRow, _now: int) -> Part:
    return Part(age(row.queue.oldest_ms), "plain" if row.queue.oldest_ms else "dim")


def _due_since(row: QueueRow) -> float | None:
    return None if row.queue.oldest_ms is None else row.at_ms - row.queue.oldest_ms


def _failing(row: QueueRow, _now: int) -> Part:
    return Part(share(row.queue.failed_share), "warn" if row.queue.failed_share else "dim")


def _eta(row: QueueRow, _now: int) -> Part:
    """When it will be empty: never while it is stopped, or while more comes than goes."""
    eta = row.eta
    if not eta.waiting:
        return Part(NOTHING, "dim")
    if eta.seconds is not None:
        return Part(duration(eta.seconds * 1000))
    if eta.binding is Binding.ARRIVALS:
        return Part("grows", "warn")
    return Part("never", "warn") if eta.binding in _STOPPED else Part("?", "dim")


def _eta_order(row: QueueRow) -> float | None:
    if not row.eta.waiting:
        return None
    return _ENDLESS if row.eta.seconds is None else row.eta.seconds


def _history(row: QueueRow, _now: int) -> Part:
    return Part(sparkline(row.queue.history, _HISTORY), "busy")


def _purpose(row: QueueRow, _now: int) -> Part:
    return Part(row.queue.purpose, "dim")


_NAME = Column("queue", _SHORTEST_NAME, _name, 1, _LONGEST_NAME, order=lambda row: row.name, ends=True)
_OTHERS: tuple[Column[QueueRow], ...] = (
    Column("state", 14, _condition, 1, 24, order=lambda row: row.badness),
    _counted(State.WAITING, " wait", 1, "plain"),
    Column("active", 7, _active, 1, 9, right=True, order=lambda row: row.queue.counts[State.ACTIVE]),
    _counted(State.RETRYING, "retry", 2, "warn"),
    _counted(State.HELD, " held", 2, "warn"),
    _counted(State.DEAD, " dead", 1, "bad"),
    Column("age", 4, _oldest, 3, right=True, order=lambda row: row.queue.oldest_ms, at=_due_since),
    Column("eta", 5, _eta, 3, right=True, order=_eta_order),
    _figure("in/s", 5, lambda row: row.queue.in_per_s, rate, 3),
    _figure("out/s", 5, lambda row: row.queue.out_per_s, rate, 3),
    Column("fail", 4, _failing, 4, right=True, order=lambda row: row.queue.failed_share),
    _figure("wait95", 6, lambda row: row.queue.wait_p95_ms, duration, 4),
    _figure("run95", 5, lambda row: row.queue.run_p95_ms, duration, 4),
    _counted(State.SCHEDULED, "sched", 5, "plain"),
    Column("6 min", _HISTORY, _history, 6, order=lambda row: sum(row.queue.history)),
    Column("purpose", 24, _purpose, 7, most=80),
)

WORST = "state"
"""The column that sorts the queue in the worst state first."""


@cache
def queue_columns(longest: int) -> tuple[Column[QueueRow], ...]:
    """The columns for queues whose longest name has so many cells: the first is as wide as that, within reason."""
    width = max(_SHORTEST_NAME, min(longest, _NAME_AT_MOST))
    return (replace(_NAME, width=width, most=max(width, min(longest, _LONGEST_NAME))), *_OTHERS)
