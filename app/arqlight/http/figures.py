"""How the queues are, in the words that other systems use: healthy or not, how fast, how many, how well."""

from dataclasses import dataclass, fields

from arqlight.http.routes import TheStore, seen
from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.observe import QueueView

WELL = ("busy", "idle", "retrying", "probing", "ramping", "limited")
"""Conditions of a queue that need nobody."""

WORDS = {
    "waiting": (State.WAITING,),
    "active": (State.ACTIVE,),
    "completed": (State.COMPLETED,),
    "failed": (State.DEAD,),
    "delayed": (State.SCHEDULED, State.RETRYING, State.HELD),
    "cancelled": (State.CANCELLED,),
}
"""What other job queues call the states."""


@dataclass(frozen=True, slots=True)
class Health:
    """How one queue is."""

    healthy: bool
    condition: str


@dataclass(frozen=True, slots=True)
class Healths:
    """How the queues are, by name, at a moment of the server's clock (ms)."""

    status: str
    """healthy, or degraded where one of them is not."""
    at_ms: int
    queues: dict[str, Health]


@seen("/api/v1/queues/health", tag="health")
async def queues_health(store: TheStore) -> Healths:
    """Whether each queue is healthy, and what is the matter with those that are not."""
    view = await observe.fleet(store)
    told = {one.name: Health(one.condition in WELL, one.condition) for one in view.queues}
    well = all(one.healthy for one in told.values())
    return Healths("healthy" if well else "degraded", view.at_ms, told)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How fast one queue goes: the last minute's rates, the last five minutes' durations."""

    in_per_s: float
    out_per_s: float
    wait_p95_ms: float | None
    run_p95_ms: float | None
    oldest_ms: int | None
    """How long the longest-waiting job has been due."""
    workers: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class Pulses:
    """How fast the queues go, by name, at a moment of the server's clock (ms)."""

    at_ms: int
    queues: dict[str, Pulse]


@seen("/api/v1/queues/metrics", tag="health")
async def queues_metrics(store: TheStore) -> Pulses:
    """Of each queue its rates, and how long jobs wait and run: the last minutes."""
    view = await observe.fleet(store)
    names = [one.name for one in fields(Pulse)]
    told = {one.name: Pulse(**{name: getattr(one, name) for name in names}) for one in view.queues}
    return Pulses(view.at_ms, told)


@dataclass(frozen=True, slots=True)
class Totals:
    """What has ended since the first job, of one queue or of all."""

    processed: int
    completed: int
    failed: int
    success_rate: float | None
    """0 to 1; null before anything has ended."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs are in each state, as other job queues call the states."""

    waiting: int
    active: int
    completed: int
    failed: int
    delayed: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Statistic(Totals):
    """The same of one queue, with durations of the last hour."""

    paused: bool
    run_average_ms: float | None
    """To within the bins that durations are counted in."""
    run_p50_ms: float | None
    run_p95_ms: float | None
    run_p99_ms: float | None
    jobs: Counts


@dataclass(frozen=True, slots=True)
class Statistics:
    """The same of all queues, by name, at a moment of the server's clock (ms)."""

    at_ms: int
    totals: Totals
    queues: dict[str, Statistic]


@seen("/api/v1/queues/statistics", tag="health")
async def queues_statistics(store: TheStore) -> Statistics:
    """Totals since each queue was first used, success rate, pause, and durations of the last hour."""
    view = await observe.fleet(store)
    hours = [await observe.metrics(store, one.name) for one in view.queues]
    told = {one.name: _statistic(one, hour) for one, hour in zip(view.queues, hours, strict=True)}
    completed, failed = (sum(getattr(one, name) for one in told.values()) for name in ("completed", "failed"))
    return Statistics(view.at_ms, Totals(*_totals(completed, failed)), told)


def _totals(completed: int, failed: int) -> tuple[int, int, int, float | None]:
    ended = completed + failed
    return ended, completed, failed, completed / ended if ended else None


def _statistic(one: QueueView, hour: observe.Metrics) -> Statistic:
    run, told = hour.whole.run, _totals(one.totals.get("completed", 0), one.totals.get("dead", 0))
    durations = (hour.run_average_ms, run.p50_ms, run.p95_ms, run.p99_ms)
    return Statistic(*told, one.paused is not None, *durations, _counts(one))


@dataclass(frozen=True, slots=True)
class Stats(Counts):
    """The same, and whether the queue is paused."""

    paused: bool


@seen("/jobs/queues/stats", tag="familiar")
async def queue_stats(store: TheStore) -> dict[str, Stats]:
    """How many jobs of each queue are waiting, active, completed, failed and delayed, and whether it is paused."""
    view = await observe.fleet(store)
    return {one.name: Stats(**_numbers(one), paused=one.paused is not None) for one in view.queues}


def _counts(one: QueueView) -> Counts:
    return Counts(**_numbers(one))


def _numbers(one: QueueView) -> dict[str, int]:
    return {word: sum(one.counts[state] for state in states) for word, states in WORDS.items()}


FIGURES = [queues_health, queues_metrics, queues_statistics, queue_stats]
