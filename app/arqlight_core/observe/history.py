"""What has happened to a job: what its record keeps, its queue's events, and what operators have asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from arqlight_core.jobs import State
from arqlight_core.observe.audit import PAGE, AuditRow, Wanted, audit
from arqlight_core.observe.events import KINDS, Event, events
from arqlight_core.observe.job import JobView, job
from arqlight_core.store.gateway import Store

EVENTS, TRAIL_PAGES = 1_000, 4
"""How many events of the queue are looked at, and how many pages of the audit trail."""
_OF_QUEUE = ("pause", "resume")


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `sure` is False where many jobs were meant, and this may have been among them.

    `operation` is what an operator asked for; '' for what the job did by itself.
    """

    at_ms: int
    kind: str
    text: str
    by: str = ""
    reason: str = ""
    sure: bool = True
    operation: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A job's happenings, the oldest first, at one moment of the server's clock (ms).

    A queue keeps its newest thousand events or so: of what was before `events_since_ms`, only what the job itself
    keeps is told. 0 when all of its life is.
    """

    at_ms: int
    job_id: str
    happenings: tuple[Happening, ...]
    events_since_ms: int = 0


async def history(store: Store, job_id: str) -> History:
    """What has happened to the job of that id, at a bounded cost. Raises JobNotFound."""
    view = await job(store, job_id)
    told = await events(store, view.queue, EVENTS)
    trail = await audit(store, Wanted(since_ms=view.enqueued_ms), TRAIL_PAGES * PAGE, pages=TRAIL_PAGES)
    own = [event for event in told if event.job == job_id]
    found = [*_of_record(view, own), *map(_of_event, own), *_of_operators(view, trail.rows)]
    since = told[0].at_ms if len(told) >= EVENTS and told[0].at_ms > view.enqueued_ms else 0
    return History(view.at_ms, job_id, tuple(sorted(found, key=lambda one: one.at_ms)), since)


def _of_record(view: JobView, own: Iterable[Event]) -> Iterator[Happening]:
    """What the job itself keeps, without what its events tell better."""
    if view.enqueued_ms:
        whose = f" by {view.origin}" if view.origin else ""
        yield Happening(view.enqueued_ms, "queued", f"queued{whose}")
    ends = {event.at_ms for event in own if event.kind in ("retry", "dead", "cancelled")}
    for failure in view.failures:
        yield Happening(failure.started_ms, "began", f"attempt {failure.attempt} began", failure.worker)
        if not any(0 <= end - failure.finished_ms <= _SAME for end in ends):
            told = f"attempt {failure.attempt} failed: {failure.error}: {failure.message}"
            yield Happening(failure.finished_ms, "failed", told, failure.worker)
    if view.state is State.ACTIVE and view.claimed_ms:
        yield Happening(view.claimed_ms, "began", f"attempt {view.attempt} began", view.worker)
    if view.state is State.COMPLETED and view.ended_ms:
        if view.started_ms:
            yield Happening(view.started_ms, "began", f"attempt {view.attempt} began")
        yield Happening(view.ended_ms, "completed", "completed")


_SAME = 2_000
"""ms between the moment a worker's clock gives an end and the one the server's clock does, at most."""


def _of_event(event: Event) -> Happening:
    told, reason = event.told, event.told.get("reason", "")
    why = told.get("error") or told.get("because") or told.get("what") or ""
    if why.partition(": ")[2] in reason:
        why, reason = reason or why, ""
    text = KINDS.get(event.kind, event.kind).replace("a job ", "it ", 1)
    return Happening(event.at_ms, event.kind, f"{text}: {why}" if why else text, told.get("by", ""), reason)


def _of_operators(view: JobView, rows: Iterable[AuditRow]) -> Iterator[Happening]:
    for row in rows:
        about = _about(view, row)
        if about is not None:
            outcome = row.outcome or row.condition
            yield Happening(row.at_ms, "operation", outcome, row.actor, row.reason, about, row.operation)


def _about(view: JobView, row: AuditRow) -> bool | None:
    """True: this job was meant; False: it may have been; None: it was not."""
    if row.target == view.id:
        return True
    if row.operation in _OF_QUEUE and row.target == view.queue:
        return True
    selection: Any = row.told.get("selection")
    return _is_meant(view, cast("Mapping[str, Any]", selection)) if isinstance(selection, Mapping) else None


def _is_meant(view: JobView, selection: Mapping[str, Any]) -> bool | None:
    """A trail keeps the first of many ids; what is selected by state or match may be any job of the queue."""
    ids: Any = selection.get("ids")
    if selection.get("queue") != view.queue:
        return None
    if not ids:
        return False
    if isinstance(ids, Mapping):
        return view.id in cast("Mapping[str, Any]", ids).get("first", ())
    return True if view.id in ids else None
