"""One worker as rows: the jobs it runs, the queues it serves, its loops, and the job types it knows."""

from collections.abc import Iterator
from dataclasses import dataclass

from arqlight_core.observe import ChoreView, Running, WorkerView
from arqlight_core.observe.chores import FAILED
from arqlight_screens.columns import Column
from arqlight_screens.figures import SECOND, age, duration, size, stopwatch, time_of_day
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CHANGED, Tone
from arqlight_screens.worker_columns import asked, condition, lag, load, trip

_FAR = 400
_LONG_MS = 600_000
"""A job that runs for longer than this is worth a look."""


@dataclass(frozen=True, slots=True)
class Row:
    """A job, a queue, a loop or a job type: what kind, its name, a figure, and a sentence."""

    kind: str
    name: str
    figure: Line
    told: str
    tone: Tone = "plain"
    queue: str = ""
    job: str = ""

    @property
    def key(self) -> str:
        """What the cursor is bound to."""
        return f"{self.kind} {self.job or self.name}"


COLUMNS = (
    Column[Row]("kind", 6, lambda row, _: Part(row.kind, "dim")),
    Column[Row]("name", 22, lambda row, _: Part(row.name, "strong"), 1, 30, order=lambda row: row.name, ends=True),
    Column[Row]("", 13, lambda row, _: row.figure, 1),
    Column[Row]("told", 24, lambda row, _: Part(row.told, row.tone), 1, _FAR),
)


def rows_of(worker: WorkerView, now_ms: int) -> tuple[Row, ...]:
    """What it runs, the longest first; then what it serves, does beside, and knows."""
    return (
        *(_running(job, now_ms) for job in worker.longest),
        *(_serving(worker, name) for name in sorted(worker.queues)),
        *(
            _chore(worker, chore)
            for chore in sorted(worker.chores, key=lambda one: (not worker.trouble(one), one.name))
        ),
        *(Row("knows", name, (), "", "dim") for name in worker.functions),
    )


def _running(job: Running, now_ms: int) -> Row:
    ran = now_ms - job.since_ms
    figure = (Part(stopwatch(ran), "warn" if ran > _LONG_MS else "busy"),)
    return Row("runs", job.job_type, figure, f"{own_id(job.id, job.queue)}  {job.queue}", queue=job.queue, job=job.id)


def _serving(worker: WorkerView, name: str) -> Row:
    told = worker.queues[name]
    other = name in worker.drift
    words = f"{CHANGED[0]} declared otherwise than published: other code" if other else ""
    return Row("serves", name, load(told.get("running", 0), told.get("concurrency", 0)), words, "warn", queue=name)


def _chore(worker: WorkerView, chore: ChoreView) -> Row:
    trouble = worker.trouble(chore)
    ran = f"at {time_of_day(chore.last_ms)}" if chore.last_ms else "not yet"
    mark = f"✗ {trouble}: " if trouble else ""
    figure = (Part(f"every {_every(chore.every)}", "bad" if trouble else "dim"),)
    return Row(
        "chore",
        chore.name,
        figure,
        f"{mark}{chore.last_result.removeprefix(FAILED).strip()}  {ran}",
        "bad" if trouble else "plain",
    )


def _every(seconds: float) -> str:
    return age(seconds * SECOND) if seconds >= 1 else duration(seconds * SECOND)


def facts_of(worker: WorkerView, now_ms: int) -> Iterator[Line]:
    """Three lines on the process itself."""
    jobs = "  ".join(f"{worker.jobs.get(name, 0):,} {name}" for name in ("completed", "failed", "retried"))
    state = condition(worker, now_ms)
    yield (
        Part(f" {state.text}  ", state.tone),
        *load(worker.running, worker.capacity),
        Part(f"  {jobs}"),
        Part(f"  up {age(now_ms - worker.started_ms)}", "dim"),
    )
    yield (
        *_vital("cpu", Part(f"{worker.cpu:.0f}%")),
        *_vital("memory", Part(size(worker.rss))),
        *_vital("lag", lag(worker)),
        *_vital("round trip", Part(trip(worker.round_trip_ms))),
        *_vital("files", Part(f"{worker.open_files}")),
        *_vital("heard", Part(f"{age(now_ms - worker.beat_ms)} ago", "bad" if worker.silent(now_ms) else "plain")),
    )
    place = f" {worker.host}, process {worker.pid}, arqlight {worker.version or '?'} on Python {worker.python or '?'}"
    request = asked(worker)
    reason = f": {worker.request.reason}" if worker.request and worker.request.reason else ""
    yield (Part(place, "dim"), Part(f"  {request.text}{reason}" if request.text else "", request.tone))


def _vital(label: str, value: Part) -> Line:
    return (Part(f" {label} ", "dim"), value, Part(" "))
