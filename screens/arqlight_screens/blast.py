"""The blast radius: what stands beside the count in a question, from what is known and two short looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any

from arqlight_core.errors import ArqlightError
from arqlight_core.jobs import State
from arqlight_core.observe import JobRow, QueueView, window
from arqlight_core.operations import Report, Selection
from arqlight_core.policy import spoken
from arqlight_screens.figures import age
from arqlight_screens.meant import Meant
from arqlight_screens.room import Room

_TRIAL = ("canary", "abort_above")
_HALF = 0.5
"""What part of a trial may fail unless told otherwise."""
_ENDED = (State.DEAD, State.CANCELLED, State.COMPLETED)


@dataclass(frozen=True, slots=True)
class Blast:
    """What a question says beside the plan: each line with its label. `before` is a count that was asked for before."""

    lines: Sequence[tuple[str, str]] = ()
    before: int | None = None


async def blast(room: Room, meant: Meant, plan: Report, told: Mapping[str, Any], before: int | None = None) -> Blast:
    """What would be hit, from the first to the last, what would stay, and what was told beside."""
    selection, lines = meant.arguments.get("selection"), list[tuple[str, str]]()
    if isinstance(selection, Selection):
        lines += [
            *await _ends(room, selection),
            ("which", selection.matching),
            ("stays", _stays(room, selection, plan)),
        ]
    tried = _TRIAL if told.get("canary") else ()
    lines += [(name.strip("_").replace("_", " "), _spoken(value)) for name, value in told.items() if name not in tried]
    if told.get("canary"):
        lines.append(("trial", trial(told["canary"], told.get("abort_above"))))
    return Blast([(label, text) for label, text in lines if text], before)


def trial(canary: int, abort_above: float | None) -> str:
    """How many jobs are tried first, and what stops the rest."""
    return f"{canary:,} first; stops if more than {abort_above or _HALF:.0%} fail again"


def _spoken(value: Any) -> str:
    return spoken(value) if isinstance(value, timedelta) else str(value)


async def _ends(room: Room, selection: Selection) -> list[tuple[str, str]]:
    """The ends of a whole state, in line or in time; two rows are read. One that ended later is not meant."""
    state, queue = selection.state, selection.queue
    if state is None or not selection.everything:
        return []
    try:
        seen = await room.fleet.observe(window, queue, state, 0, 1)
        end = await room.fleet.observe(window, queue, state, max(0, seen.total - 1), 1)
    except ArqlightError:
        return []  # the question is whole without them
    if not seen.rows or not end.rows:
        return []
    ends = zip(("newest", "oldest") if state in _ENDED else ("first", "last"), (seen.rows[0], end.rows[0]), strict=True)
    later = selection.moment_ms if state in _ENDED else inf
    return [(label, _told(row, state, seen.at_ms)) for label, row in ends if row.moment_ms <= later]


def _told(row: JobRow, state: State, now_ms: int) -> str:
    word, moment_ms = ("ended", row.moment_ms) if state in _ENDED else ("queued", row.enqueued_ms)
    return f"{word} {age(now_ms - moment_ms)} ago, {row.job_type}" if moment_ms else row.job_type


def _stays(room: Room, selection: Selection, plan: Report) -> str:
    view = room.sight.view.queue(selection.queue) if room.sight.view else None
    others = _others(view, selection, plan.changed) if view else ""
    return f"the queue itself{others}" if selection.queue else "the queues themselves"


def _others(view: QueueView, selection: Selection, hit: int) -> str:
    state = selection.state
    same = max(0, view.counts[state] - hit) if state else 0
    elsewhere = sum(number for other, number in view.counts.items() if other is not state) if state else 0
    told = [f"{same:,} more {state}"] if same else []
    told += [f"{elsewhere:,} in other states"] if elsewhere else []
    return "".join(f", {one}" for one in told)
