"""The overview's columns: one queue a row."""

from dataclasses import replace

from arqlight_core.jobs import State
from arqlight_core.observe import FleetView, QueueView
from arqlight_screens.columns import Column
from arqlight_screens.figures import age, count, duration, rate, share, sparkline
from arqlight_screens.lines import Part
from arqlight_screens.text import visible
from arqlight_screens.tones import CONDITIONS, Tone

_LONGEST_NAME = 40
_SHORTEST_NAME = 12
_NAME_AT_MOST = 28
"""A longer name is cut rather than costing a column."""
_HISTORY = 6


def _name(queue: QueueView, _now: int) -> Part:
    return Part(queue.name, "strong" if queue.condition != "idle" else "plain")


def _condition(queue: QueueView, _now: int) -> Part:
    glyph, tone = CONDITIONS[queue.condition]
    by = f" {queue.paused.by}" if queue.paused else ""
    return Part(f"{glyph} {queue.condition}{by}", tone)


def _counted(state: State, tone: Tone) -> Column[QueueView]:
    def cell(queue: QueueView, _now: int) -> Part:
        number = queue.counts[state]
        return Part(count(number), tone) if number else Part("0", "dim")

    return Column(_TITLES[state], len(_TITLES[state]), cell, _PRIORITIES[state], right=True)


_TITLES = {
    State.WAITING: " wait",
    State.SCHEDULED: "sched",
    State.RETRYING: "retry",
    State.HELD: " held",
    State.DEAD: " dead",
}
_PRIORITIES = {State.WAITING: 1, State.SCHEDULED: 5, State.RETRYING: 2, State.HELD: 2, State.DEAD: 1}


def _active(queue: QueueView, _now: int) -> Part:
    active = queue.counts[State.ACTIVE]
    return Part(f"{count(active)}/{count(queue.slots)}", "busy" if active else "dim")


def _oldest(queue: QueueView, _now: int) -> Part:
    return Part(age(queue.oldest_ms), "plain" if queue.oldest_ms else "dim")


def _in(queue: QueueView, _now: int) -> Part:
    return Part(rate(queue.in_per_s), "plain" if queue.in_per_s else "dim")


def _out(queue: QueueView, _now: int) -> Part:
    return Part(rate(queue.out_per_s), "plain" if queue.out_per_s else "dim")


def _failing(queue: QueueView, _now: int) -> Part:
    return Part(share(queue.failed_share), "warn" if queue.failed_share else "dim")


def _wait(queue: QueueView, _now: int) -> Part:
    return Part(duration(queue.wait_p95_ms), "dim" if queue.wait_p95_ms is None else "plain")


def _run(queue: QueueView, _now: int) -> Part:
    return Part(duration(queue.run_p95_ms), "dim" if queue.run_p95_ms is None else "plain")


def _history(queue: QueueView, _now: int) -> Part:
    return Part(sparkline(queue.history, _HISTORY), "busy")


def _purpose(queue: QueueView, _now: int) -> Part:
    return Part(queue.purpose, "dim")


_NAME = Column("queue", _SHORTEST_NAME, _name, 1, _LONGEST_NAME)
_OTHERS = (
    Column("state", 14, _condition, 1, 24),
    _counted(State.WAITING, "plain"),
    Column("active", 7, _active, 1, 9, right=True),
    _counted(State.RETRYING, "warn"),
    _counted(State.HELD, "warn"),
    _counted(State.DEAD, "bad"),
    Column("age", 4, _oldest, 3, right=True),
    Column("in/s", 5, _in, 3, right=True),
    Column("out/s", 5, _out, 3, right=True),
    Column("fail", 4, _failing, 4, right=True),
    Column("wait95", 6, _wait, 4, right=True),
    Column("run95", 5, _run, 4, right=True),
    _counted(State.SCHEDULED, "plain"),
    Column("6 min", _HISTORY, _history, 6),
    Column("purpose", 24, _purpose, 7, most=80),
)


def queue_columns(view: FleetView) -> tuple[Column[QueueView], ...]:
    """The columns for these queues: the first is as wide as the longest name, within reason."""
    longest = max((len(visible(queue.name)) for queue in view.queues), default=_SHORTEST_NAME)
    width = max(_SHORTEST_NAME, min(longest, _NAME_AT_MOST))
    return (replace(_NAME, width=width, most=max(width, min(longest, _LONGEST_NAME))), *_OTHERS)
