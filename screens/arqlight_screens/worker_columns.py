"""The workers' columns: one process a row."""

from collections.abc import Callable

from arqlight_core.observe import WorkerView
from arqlight_core.observe.doctor import SLOW_ROUND_TRIP_MS
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, bar, count, duration, size, stopwatch
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CHANGED, WORKING, Tone

_BAR = 6
_BUSY_CPU = 90.0
_LATE_MS = 250.0
"""From here on a processor and an event loop are worth a second look."""
_EXACT_MS = 9.95
"""Up to where a round trip is told to a tenth of a millisecond."""


def condition(worker: WorkerView, now_ms: int) -> Part:
    """What it is at, or for how long nothing was heard of it."""
    if worker.silent(now_ms):
        glyph, tone = WORKING["silent"]
        return Part(f"{glyph} silent {age(now_ms - worker.beat_ms)}", tone)
    glyph, tone = WORKING.get(worker.state, ("?", "warn"))
    return Part(f"{glyph} {worker.state}", tone)


def load(running: int, capacity: int) -> Line:
    """How much of what it can run at a time it does run."""
    part = max(running / capacity, 1 / _BAR) if running and capacity else 0
    done, rest = bar(part, _BAR)
    return (
        Part(done, "busy"),
        Part(rest, "dim"),
        Part(f" {count(running)}/{count(capacity)}", "plain" if running else "dim"),
    )


def asked(worker: WorkerView) -> Part:
    """What it is asked for, and whether it has heard; what was done long ago is of no interest."""
    if worker.request is None:
        return Part("")
    tone: Tone = "warn" if worker.stage == "requested" else "dim" if worker.stage == "done" else "busy"
    return Part(f"{worker.request.what} {worker.stage} by {worker.request.by}", tone)


def over(number: float, limit: float, text: str) -> Part:
    """A number that is marked where it is too high."""
    return Part(f"!{text}" if number >= limit else text, "warn" if number >= limit else "plain")


def _worker(worker: WorkerView, now: int) -> Part:
    return Part(worker.id, "dim" if worker.silent(now) else "strong")


def _busy(worker: WorkerView, _now: int) -> Line:
    return load(worker.running, worker.capacity)


def _number(worker: WorkerView, name: str, tone: Tone = "plain") -> Part:
    number = worker.jobs.get(name, 0)
    return Part(count(number), tone if number else "dim")


def _drift(worker: WorkerView, _now: int) -> Part:
    return Part(*CHANGED) if worker.drift else Part("")


def _version(worker: WorkerView, _now: int) -> Part:
    return Part(f"{worker.version or NOTHING} py{worker.python}" if worker.python else NOTHING, "dim")


def _longest(worker: WorkerView, now: int) -> Part:
    if not worker.longest:
        return Part(NOTHING, "dim")
    job = worker.longest[0]
    return Part(f"{stopwatch(now - job.since_ms)} {job.job_type}")


def _chores(worker: WorkerView, _now: int) -> Part:
    wrong = [chore.name for chore in worker.chores if worker.trouble(chore)]
    return Part(f"! {', '.join(wrong)}", "bad") if wrong else Part("✓" if worker.chores else NOTHING, "dim")


def _total(name: str) -> Callable[[WorkerView], int]:
    return lambda worker: worker.jobs.get(name, 0)


def lag(worker: WorkerView) -> Part:
    """How late its event loop was at worst."""
    return over(worker.lag_ms, _LATE_MS, duration(worker.lag_ms))


def _stale(worker: WorkerView, now: int) -> Part:
    return Part(age(now - worker.beat_ms), "bad" if worker.silent(now) else "dim")


COLUMNS = (
    Column[WorkerView]("worker", 13, _worker, 1, 40, order=lambda one: one.id, ends=True),
    Column[WorkerView]("state", 12, condition, 1, order=lambda one: one.state),
    Column[WorkerView](CHANGED[0], 1, _drift, 1),
    Column[WorkerView]("busy", _BAR + 6, _busy, 1, order=lambda one: one.running),
    Column[WorkerView](
        "cpu",
        5,
        lambda one, _: over(one.cpu, _BUSY_CPU, f"{one.cpu:.0f}%"),
        2,
        right=True,
        order=lambda one: one.cpu,
    ),
    Column[WorkerView]("mem", 5, lambda one, _: Part(size(one.rss)), 2, right=True, order=lambda one: one.rss),
    Column[WorkerView]("lag", 6, lambda one, _: lag(one), 3, right=True, order=lambda one: one.lag_ms),
    Column[WorkerView](
        "trip", 6, lambda one, _: over(one.round_trip_ms, SLOW_ROUND_TRIP_MS, trip(one.round_trip_ms)), 6, right=True
    ),
    Column[WorkerView]("done", 5, lambda one, _: _number(one, "completed"), 3, right=True, order=_total("completed")),
    Column[WorkerView]("fail", 5, lambda one, _: _number(one, "failed", "bad"), 2, right=True, order=_total("failed")),
    Column[WorkerView](
        "retry", 5, lambda one, _: _number(one, "retried", "warn"), 5, right=True, order=_total("retried")
    ),
    Column[WorkerView](
        "up",
        4,
        lambda one, now: Part(age(now - one.started_ms)),
        4,
        right=True,
        order=lambda one: -one.started_ms,
        at=lambda one: one.started_ms,
    ),
    Column[WorkerView]("heard", 5, _stale, 7, right=True, order=lambda one: -one.beat_ms),
    Column[WorkerView]("asked for", 17, lambda one, _: asked(one), 1, 36),
    Column[WorkerView]("longest run", 16, _longest, 5, 40),
    Column[WorkerView]("chores", 6, _chores, 6, 24),
    Column[WorkerView]("version", 14, _version, 7, 22, order=lambda one: one.version),
    Column[WorkerView](
        "host", 10, lambda one, _: Part(f"{one.host}:{one.pid}", "dim"), 8, 30, order=lambda one: one.host
    ),
)


def trip(milliseconds: float) -> str:
    """A round trip: a tenth of a millisecond matters."""
    return f"{milliseconds:.1f}ms" if milliseconds < _EXACT_MS else duration(milliseconds)
