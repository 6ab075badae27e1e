"""The job list's columns, by state: what is asked of a waiting job differs from what is asked of a dead one."""

from collections.abc import Callable
from functools import cache

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, bar, stopwatch, time_of_day
from arqlight_screens.job_progress import remaining_ms
from arqlight_screens.lines import Line, Part

_BAR = 10
_WIDE = 400
"""A column that takes all the room that is left."""


def own_id(job_id: str, queue: str) -> str:
    """The id without the queue's tag, which every row of the list would repeat."""
    return job_id.removeprefix(f"{{{queue}}}:")


def _type(row: JobRow, _now: int) -> Part:
    return Part(row.job_type or NOTHING)


def _attempt(row: JobRow, _now: int) -> Part:
    return Part(str(row.attempt) if row.attempt else NOTHING, "warn" if row.attempt > 1 else "dim")


def _due_for(row: JobRow, now: int) -> Part:
    return Part(age(now - row.moment_ms))


def _due_in(row: JobRow, now: int) -> Part:
    return Part(age(row.moment_ms - now))


def _moment(row: JobRow) -> int:
    return row.moment_ms


def _claimed(row: JobRow) -> int:
    return row.claimed_ms


def _due_at(row: JobRow, _now: int) -> Part:
    return Part(time_of_day(row.moment_ms), "dim")


def _running(row: JobRow, now: int) -> Part:
    return Part(stopwatch(now - row.claimed_ms) if row.claimed_ms else NOTHING, "busy")


def _ended(row: JobRow, now: int) -> Part:
    return Part(f"{age(now - row.moment_ms)} ago", "dim")


def _took(row: JobRow, _now: int) -> Part:
    """From being queued to its end; which worker ran it, and for how long, nobody keeps of jobs that just succeed."""
    return Part(stopwatch(max(0, row.moment_ms - row.enqueued_ms)) if row.enqueued_ms else NOTHING, "dim")


def _progress(row: JobRow, _now: int) -> Part | Line:
    if row.share is None:
        return Part("")
    done, rest = bar(row.share, _BAR)
    return (Part(done, "ok"), Part(rest, "dim"), Part(f"{row.share:>5.0%}"))


def _left(row: JobRow, now: int) -> Part:
    left = remaining_ms(row.done, row.total, now - row.claimed_ms) if row.claimed_ms else None
    return Part(NOTHING if left is None else age(left))


def _stage(row: JobRow, _now: int) -> Part:
    return Part(row.stage)


def _worker(row: JobRow, _now: int) -> Part:
    return Part(row.worker or "a stock worker", "dim")


def _error(row: JobRow, _now: int) -> Part:
    return Part(row.error, "bad")


def _reason(row: JobRow, _now: int) -> Part:
    return Part(row.reason)


def _because(row: JobRow, _now: int) -> Part:
    return Part(row.because, "warn")


def _text(title: str, cell: Callable[[JobRow, int], Part], width: int, priority: int) -> Column[JobRow]:
    return Column(title, width, cell, priority, most=_WIDE)


_TYPE = Column("type", 16, _type, 2, most=24)
_ATTEMPT = Column("try", 3, _attempt, 3, right=True)
_ENDED = Column("ended", 8, _ended, 2, right=True, at=_moment)

_OF_STATE: dict[State, tuple[Column[JobRow], ...]] = {
    State.SCHEDULED: (
        _TYPE,
        Column("due in", 6, _due_in, 1, right=True, at=_moment),
        Column("due at", 8, _due_at, 4),
        _ATTEMPT,
        _text("because", _because, 10, 3),
    ),
    State.WAITING: (
        _TYPE,
        Column("due for", 7, _due_for, 1, right=True, at=_moment),
        _ATTEMPT,
        _text("because", _because, 10, 3),
    ),
    State.ACTIVE: (
        _TYPE,
        Column("runs", 7, _running, 1, right=True, at=_claimed),
        Column("progress", _BAR + 5, _progress, 1),
        Column("left", 5, _left, 2, right=True),
        _text("stage", _stage, 12, 3),
        _ATTEMPT,
        Column("worker", 16, _worker, 4, most=30, ends=True),
    ),
    State.RETRYING: (
        _TYPE,
        Column("due in", 6, _due_in, 1, right=True, at=_moment),
        _ATTEMPT,
        _text("error", _error, 30, 1),
    ),
    State.HELD: (
        _TYPE,
        Column("due in", 6, _due_in, 1, right=True, at=_moment),
        _ATTEMPT,
        _text("because", _because, 30, 1),
    ),
    State.COMPLETED: (_TYPE, _ENDED, Column("took", 7, _took, 3, right=True)),
    State.DEAD: (_TYPE, _ENDED, _text("error", _error, 30, 1), Column("reason", 12, _reason, 3, most=24)),
    State.CANCELLED: (_TYPE, _ENDED, _text("reason", _reason, 14, 1)),
}


@cache
def job_columns(queue: str, state: State) -> tuple[Column[JobRow], ...]:
    """The columns of a queue's jobs in a state."""

    def job_id(row: JobRow, _now: int) -> Part:
        return Part(own_id(row.id, queue), "strong")

    return (Column("job", 16, job_id, 1, most=34, ends=True), *_OF_STATE[state])
