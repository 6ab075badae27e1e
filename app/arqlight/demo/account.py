"""Keeps account of every job that the demonstration enqueued: what is in no state any more is lost, and said so."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from arqlight_core import observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_core.store.gateway import Store

_ENDED = {State.COMPLETED, State.DEAD, State.CANCELLED}


@dataclass(slots=True)
class Entry:
    """One enqueued job and what was last seen of it; `state` None: it was looked for and not found."""

    job_id: str
    queue: str
    job_type: str
    state: State | None = State.WAITING
    failures: int = 0
    pickup_ms: int | None = None

    @property
    def retries(self) -> int:
        """Failed attempts that another one followed."""
        return max(0, self.failures - (self.state is State.DEAD))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary. Durations are in ms, from enqueueing to the start of the first attempt."""

    enqueued: int
    completed: int
    retried: int
    dead: int
    cancelled: int
    waiting: int
    lost: int
    jobs_per_second: float
    pickup_p50_ms: int | None
    pickup_p95_ms: int | None


@dataclass(slots=True)
class Account:
    """Every job of a run. Look often enough: a queue forgets ended jobs as its retention says."""

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])

    def add(self, job_id: str, queue: str, job_type: str) -> None:
        """A job was enqueued."""
        self.entries[job_id] = Entry(job_id, queue, job_type)

    async def add_flow(self, store: Store, correlation_id: str) -> None:
        """Add the jobs that belong together with those that this id ties, as far as they were queued by now."""
        with suppress(JobNotFound):
            for step in (await observe.flow(store, correlation_id)).steps:
                if step.id not in self.entries:
                    self.add(step.id, step.queue, step.job_type)

    def waits(self, queue: str) -> bool:
        """Whether a job of that queue was due and not begun when last seen."""
        return any(entry.queue == queue and entry.state is State.WAITING for entry in self.entries.values())

    @property
    def lost(self) -> int:
        """Jobs that are nowhere."""
        return sum(entry.state is None for entry in self.entries.values())

    async def look(self, store: Store) -> None:
        """See where every job is that had not ended when last seen."""
        for entry in list(self.entries.values()):
            if entry.state not in _ENDED:
                await self._look_at(store, entry)

    async def _look_at(self, store: Store, entry: Entry) -> None:
        try:
            view = await observe.job(store, entry.job_id)
        except JobNotFound:
            entry.state = None
            return
        entry.state, entry.failures = view.state, len(view.failures)
        entry.pickup_ms = _pickup_ms(view)

    def summary(self, seconds: float) -> dict[str, Any]:
        """Totals, and the same for every queue and job type."""
        entries = list(self.entries.values())
        queues = sorted({entry.queue for entry in entries})
        types = sorted({entry.job_type for entry in entries})
        return {
            "totals": asdict(_line(entries, seconds)),
            "queues": {name: asdict(_line((e for e in entries if e.queue == name), seconds)) for name in queues},
            "job_types": {name: asdict(_line((e for e in entries if e.job_type == name), seconds)) for name in types},
        }


def _pickup_ms(view: JobView) -> int | None:
    """Known for a job whose first attempt ended it."""
    first = view.started_ms and not view.failures
    return max(0, view.started_ms - view.enqueued_ms) if first else None


def _line(chosen: Iterable[Entry], seconds: float) -> Line:
    entries = list(chosen)
    count = {state: sum(entry.state is state for entry in entries) for state in State}
    lost = sum(entry.state is None for entry in entries)
    ended = sum(count[state] for state in _ENDED)
    pickups = sorted(entry.pickup_ms for entry in entries if entry.pickup_ms is not None)
    return Line(
        enqueued=len(entries),
        completed=count[State.COMPLETED],
        retried=sum(entry.retries for entry in entries),
        dead=count[State.DEAD],
        cancelled=count[State.CANCELLED],
        waiting=len(entries) - ended - lost,
        lost=lost,
        jobs_per_second=round(ended / seconds, 2) if seconds else 0.0,
        pickup_p50_ms=_percentile(pickups, 0.5),
        pickup_p95_ms=_percentile(pickups, 0.95),
    )


def _percentile(ordered: list[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
