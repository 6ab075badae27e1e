"""Keeps account of every job that the demonstration enqueued: what is in no state any more is lost, and said so."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_core.observe.flow import MOST
from arqlight_core.observe.job import looked_up
from arqlight_core.store.gateway import Store

_ENDED = {State.COMPLETED, State.DEAD, State.CANCELLED}
PATIENCE = 5
"""Looks for which a flow is followed whose jobs have all ended: a job queues others before it ends."""


@dataclass(slots=True)
class Entry:
    """One enqueued job and what was last seen of it; `state` None: it was looked for and not found."""

    job_id: str
    queue: str
    job_type: str
    state: State | None = State.WAITING
    failures: int = 0
    pickup_ms: int | None = None
    run_ms: int | None = None

    @property
    def retries(self) -> int:
        """Failed attempts that another one followed."""
        return max(0, self.failures - (self.state is State.DEAD))

    def see(self, view: JobView | None) -> None:
        """Note how it is now."""
        self.state = view.state if view else None
        if view:
            self.failures, self.pickup_ms, self.run_ms = len(view.failures), _pickup_ms(view), _run_ms(view)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary. Durations are in ms: from enqueueing to the first attempt, and of the last attempt."""

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
    run_p95_ms: int | None


@dataclass(slots=True)
class Account:
    """Every job of a run. Look often enough: a queue forgets ended jobs as its retention says."""

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    flows: dict[str, int] = field(default_factory=dict[str, int])
    """Those that are followed, and for how many looks all of their jobs had ended."""

    def add(self, job_id: str, queue: str, job_type: str) -> None:
        """A job was enqueued."""
        self.entries[job_id] = Entry(job_id, queue, job_type)

    def follow(self, correlation_id: str) -> None:
        """Add the jobs that this id ties as they come, until none of them has been under way for a while."""
        self.flows.setdefault(correlation_id, 0)

    async def add_flows(self, store: Store, correlation_ids: Collection[str]) -> None:
        """Add the jobs that belong together with those that these ids tie, as far as they were queued by now."""
        trees = await store.trees(list(correlation_ids), MOST) if correlation_ids else []
        for correlation_id, (planted, _) in zip(correlation_ids, trees, strict=True):
            ids = [one for one, _ in planted]
            await self.add_found(store, [one for one in ids if one not in self.entries])
            self._note_whether_over(correlation_id, [self.entries[one] for one in ids if one in self.entries])

    async def add_found(self, store: Store, job_ids: Collection[str]) -> list[JobView | None]:
        """Add those of these jobs that there are; answers what was found of each.

        A flow names jobs, too, that were refused, for there was one like them.
        """
        views = [view for view, _ in await looked_up(store, list(job_ids))] if job_ids else []
        for job_id, view in zip(job_ids, views, strict=True):
            if view is not None and job_id not in self.entries:
                self.add(job_id, view.queue, view.job_type)
        return views

    def _note_whether_over(self, correlation_id: str, known: Iterable[Entry]) -> None:
        if correlation_id not in self.flows:
            return
        over = all(one.state in _ENDED for one in known)
        self.flows[correlation_id] = self.flows[correlation_id] + 1 if over else 0
        if self.flows[correlation_id] > PATIENCE:
            del self.flows[correlation_id]

    def waits(self, queue: str) -> bool:
        """Whether a job of that queue was due and not begun when last seen."""
        return any(entry.queue == queue and entry.state is State.WAITING for entry in self.entries.values())

    @property
    def lost(self) -> int:
        """Jobs that are nowhere."""
        return sum(entry.state is None for entry in self.entries.values())

    async def look(self, store: Store) -> None:
        """See where every job is that had not ended when last seen."""
        await self.add_flows(store, tuple(self.flows))
        left = [entry for entry in self.entries.values() if entry.state not in _ENDED]
        views = await looked_up(store, [entry.job_id for entry in left]) if left else []
        for entry, (view, _) in zip(left, views, strict=True):
            entry.see(view)

    def summary(self, seconds: float, declared: Collection[str] = ()) -> dict[str, Any]:
        """Totals, and the same for every queue and job type; which of the declared job types never ran to an end."""
        entries = list(self.entries.values())
        queues = sorted({entry.queue for entry in entries})
        types = sorted({entry.job_type for entry in entries} | set(declared))
        ran = {entry.job_type for entry in entries if entry.state in _ENDED}
        return {
            "totals": asdict(_line(entries, seconds)),
            "queues": {name: asdict(_line((e for e in entries if e.queue == name), seconds)) for name in queues},
            "job_types": {name: asdict(_line((e for e in entries if e.job_type == name), seconds)) for name in types},
            "never_ran": sorted(set(declared) - ran),
            "lost_jobs": sorted(entry.job_id for entry in entries if entry.state is None),
        }


def _pickup_ms(view: JobView) -> int | None:
    """Known for a job whose first attempt ended it."""
    first = view.started_ms and not view.failures
    return max(0, view.started_ms - view.enqueued_ms) if first else None


def _run_ms(view: JobView) -> int | None:
    """Known of a job whose result is kept."""
    return max(0, view.ended_ms - view.started_ms) if view.started_ms and view.ended_ms else None


def _line(chosen: Iterable[Entry], seconds: float) -> Line:
    entries = list(chosen)
    count = {state: sum(entry.state is state for entry in entries) for state in State}
    lost = sum(entry.state is None for entry in entries)
    ended = sum(count[state] for state in _ENDED)
    pickups = sorted(entry.pickup_ms for entry in entries if entry.pickup_ms is not None)
    runs = sorted(entry.run_ms for entry in entries if entry.run_ms is not None)
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
        run_p95_ms=_percentile(runs, 0.95),
    )


def _percentile(ordered: list[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
