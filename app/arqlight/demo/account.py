"""Keeps account of every job that the demonstration enqueued: what is in no state any more is lost, and said so.

It is not lost where its queue may rightly have forgotten it: it ended, and as many others behind it as the queue keeps.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from arqlight.demo.forgetting import forgotten_before
from arqlight_core.jobs import State
from arqlight_core.observe import JobView
from arqlight_core.observe.flow import MOST
from arqlight_core.observe.job import looked_up
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import queue_of

_ENDED = {State.COMPLETED, State.DEAD, State.CANCELLED}
PATIENCE = 5
"""Looks for which a flow is followed whose jobs have all ended: a job queues others before it ends."""


@dataclass(slots=True)
class Entry:
    """One enqueued job and what was last seen of it; `state` None: it was looked for and not found.

    `forgotten` says that it need not have been: then it has ended, or was purged.
    """

    job_id: str
    queue: str
    job_type: str
    state: State | None = State.WAITING
    failures: int = 0
    pickup_ms: int | None = None
    run_ms: int | None = None
    seen_ms: float = 0.0
    """A moment at which it had not ended, by the server's clock; 0: not known."""
    forgotten: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state is None or self.state in _ENDED

    @property
    def is_lost(self) -> bool:
        """Whether it is nowhere, and cannot be."""
        return self.state is None and not self.forgotten

    @property
    def retries(self) -> int:
        """Failed attempts that another one followed."""
        return max(0, self.failures - (self.state is State.DEAD))

    def see(self, view: JobView | None, forgotten_before: float) -> None:
        """Note how it is now; its queue may have forgotten what ended before that moment (ms)."""
        if view:
            self.state, self.forgotten, self.seen_ms = view.state, False, view.at_ms
            self.failures, self.pickup_ms, self.run_ms = len(view.failures), _pickup_ms(view), _run_ms(view)
        elif not self.is_over:
            self.state, self.forgotten = None, self.seen_ms < forgotten_before


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary. Durations are in ms: from enqueueing to the first attempt, and of the last attempt."""

    enqueued: int
    completed: int
    retried: int
    dead: int
    cancelled: int
    waiting: int
    forgotten: int
    lost: int
    jobs_per_second: float
    pickup_p50_ms: int | None
    pickup_p95_ms: int | None
    run_p95_ms: int | None


@dataclass(slots=True)
class Account:
    """Every job of a run. Look often: how one ended that its queue has forgotten is not known."""

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    flows: dict[str, int] = field(default_factory=dict[str, int])
    """Those that are followed, and for how many looks all of their jobs had ended."""
    looked_ms: float = 0.0
    """When the last look began, by the server's clock."""

    def add(self, job_id: str, queue: str, job_type: str) -> None:
        """A job was enqueued."""
        self.entries[job_id] = Entry(job_id, queue, job_type, seen_ms=self.looked_ms)

    def follow(self, correlation_id: str) -> None:
        """Add the jobs that this id ties as they come, until none of them has been under way for a while."""
        self.flows.setdefault(correlation_id, 0)

    async def add_flows(self, store: Store, correlation_ids: Collection[str]) -> None:
        """Add the jobs that belong together with those that these ids tie, as far as they were queued by now."""
        trees = await store.trees(list(correlation_ids), MOST) if correlation_ids else []
        for correlation_id, (planted, _) in zip(correlation_ids, trees, strict=True):
            ids = [one for one, _ in planted]
            fresh = [one for one in ids if one not in self.entries]
            await self.add_named(store, fresh)
            self._note_whether_over(correlation_id, ids, grown=bool(fresh))

    async def add_named(self, store: Store, job_ids: Collection[str]) -> list[JobView | None]:
        """Add jobs that were queued, whatever has become of them since; answers what was found of each."""
        views = await _views(store, job_ids)
        for job_id, view in zip(job_ids, views, strict=True):
            known = self.entries.get(job_id)
            job_type = view.job_type if view else ""
            self.entries[job_id] = known or Entry(job_id, queue_of(job_id) or "", job_type)
        await _see(store, [self.entries[one] for one in job_ids], views)
        return views

    def _note_whether_over(self, correlation_id: str, job_ids: Iterable[str], *, grown: bool) -> None:
        if correlation_id not in self.flows:
            return
        over = not grown and all(self.entries[one].is_over for one in job_ids)
        self.flows[correlation_id] = self.flows[correlation_id] + 1 if over else 0
        if self.flows[correlation_id] > PATIENCE:
            del self.flows[correlation_id]

    def waits(self, queue: str) -> bool:
        """Whether a job of that queue was due and not begun when last seen."""
        return any(entry.queue == queue and entry.state is State.WAITING for entry in self.entries.values())

    @property
    def lost(self) -> int:
        """Jobs that are nowhere."""
        return sum(entry.is_lost for entry in self.entries.values())

    async def look(self, store: Store) -> None:
        """See where every job is that had not completed when last seen: what is dead may be made to run again."""
        begun_ms = await store.time_ms()
        await self.add_flows(store, tuple(self.flows))
        left = [one for one in self.entries.values() if one.state is not State.COMPLETED and not one.forgotten]
        await _see(store, left, await _views(store, [one.job_id for one in left]))
        self.looked_ms = begun_ms

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
            "lost_jobs": sorted(entry.job_id for entry in entries if entry.is_lost),
        }


async def _views(store: Store, job_ids: Collection[str]) -> list[JobView | None]:
    return [view for view, _ in await looked_up(store, list(job_ids))] if job_ids else []


async def _see(store: Store, entries: Sequence[Entry], views: Sequence[JobView | None]) -> None:
    moments = await forgotten_before(store) if None in views else dict[str, float]()
    for entry, view in zip(entries, views, strict=True):
        entry.see(view, moments.get(entry.queue, 0.0))


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
    lost, forgotten = sum(entry.is_lost for entry in entries), sum(entry.forgotten for entry in entries)
    ended = sum(count[state] for state in _ENDED)
    pickups = sorted(entry.pickup_ms for entry in entries if entry.pickup_ms is not None)
    runs = sorted(entry.run_ms for entry in entries if entry.run_ms is not None)
    return Line(
        enqueued=len(entries),
        completed=count[State.COMPLETED],
        retried=sum(entry.retries for entry in entries),
        dead=count[State.DEAD],
        cancelled=count[State.CANCELLED],
        waiting=len(entries) - ended - lost - forgotten,
        forgotten=forgotten,
        lost=lost,
        jobs_per_second=round(ended / seconds, 2) if seconds else 0.0,
        pickup_p50_ms=_percentile(pickups, 0.5),
        pickup_p95_ms=_percentile(pickups, 0.95),
        run_p95_ms=_percentile(runs, 0.95),
    )


def _percentile(ordered: list[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
