"""What can be seen of one thing, and the lists that have cursors of their own: jobs, dead letters, events, audit."""

import re
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from arqlight.http.answers import Cursor, Limit, offset_of, packed, unpacked
from arqlight.http.routes import TheStore, seen
from arqlight.http.told import JobTold, Page, QueueTold, WhyTold
from arqlight.http.views import QueueName
from arqlight_core import observe
from arqlight_core.errors import QueueNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import AuditRow, BulkView, DeadLetter, Event, FailureGroup, FlowView, JobRow, Tail, Wanted
from arqlight_core.observe.window import keys_of
from arqlight_core.policy import span
from arqlight_core.selection import Selection

Actor = Annotated[str, QueryParameter(max_length=200, description="Only what they did: a name as the trail has it.")]
Done = Annotated[str, QueryParameter(max_length=200, description="Only this operation, such as pause.")]
JobType = Annotated[str, QueryParameter(max_length=200, description="Only of this job type; without it of all.")]
Back = Annotated[
    str,
    QueryParameter(name="span", max_length=20, description="How far back, such as 1h or 48h: at most 30d."),
]
_ENTRY = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")
_AUDIT_MORE = 100
"""Audit rows of one moment that a page may have to pass over."""


@seen("/api/v1/queues/{name:str}")
async def get_queue(store: TheStore, name: FromPath[str]) -> QueueTold:
    """One queue's counters, rates, condition and settings."""
    view = await observe.fleet(store)
    found = view.queue(name)
    if found is None:
        raise QueueNotFound(f"There is no queue {name}; /api/v1/queues lists those that there are.")
    return QueueTold(found, view.at_ms)


@seen("/api/v1/queues/{name:str}/jobs")
async def list_jobs(
    store: TheStore,
    name: FromPath[str],
    which: Annotated[State, QueryParameter(name="state", description="Which state's jobs.")] = State.WAITING,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[JobRow]:
    """One state's jobs: live ones in the order they run, ended ones newest first."""
    await keys_of(store, name)
    found = await observe.window(store, name, which, first := offset_of(cursor), limit)
    more = str(first + limit) if first + limit < found.total else ""
    return Page(found.rows, more, found.total, found.at_ms)


@seen("/api/v1/metrics")
async def get_metrics(
    store: TheStore, queue: QueueName = "", job_type: JobType = "", back: Back = "1h"
) -> observe.Metrics:
    """What a queue, a job type or all have done, by the minute up to 6 hours and then by the hour, and how fast."""
    return await observe.metrics(store, queue or None, job_type or None, span(back))


@seen("/api/v1/server")
async def get_server(store: TheStore) -> observe.ServerView:
    """The server: memory, clients, persistence, traffic, and what it was slow at."""
    return await observe.server(store)


@seen("/api/v1/jobs/{job_id:str}")
async def get_job(store: TheStore, job_id: FromPath[str]) -> JobTold:
    """All that is known of one job, sensitive fields masked."""
    told = await observe.why(store, job_id)
    return JobTold(told.job, told.line)


@seen("/api/v1/jobs/{job_id:str}/why")
async def get_why(store: TheStore, job_id: FromPath[str]) -> WhyTold:
    """Why a job is not running: in one sentence, and every reason that applies."""
    told = await observe.why(store, job_id)
    return WhyTold(told.job.id, told.job.state, told.line, told.reasons)


@seen("/api/v1/jobs/{job_id:str}/history")
async def get_history(store: TheStore, job_id: FromPath[str]) -> observe.History:
    """What has happened to a job, the oldest first: by itself, and what operators have done."""
    return await observe.history(store, job_id)


@seen("/api/v1/failures/{fingerprint:str}")
async def get_failure(store: TheStore, fingerprint: FromPath[str]) -> FailureGroup:
    """One group of failures, across all queues."""
    return await observe.failure(store, fingerprint)


@seen("/api/v1/flows/{correlation_id:str}")
async def get_flow(store: TheStore, correlation_id: FromPath[str]) -> FlowView:
    """The jobs of one flow."""
    return await observe.flow(store, correlation_id)


@seen("/api/v1/bulks/{bulk_id:str}")
async def get_bulk(store: TheStore, bulk_id: FromPath[str]) -> BulkView:
    """One operation on many jobs: how far it is, and what it left alone."""
    return await observe.bulk(store, bulk_id)


@seen("/api/v1/dead")
async def list_dead(store: TheStore, queue: QueueName = "", cursor: Cursor = "", limit: Limit = 50) -> Page[DeadLetter]:
    """What has failed for good, in all queues, newest first."""
    wanted = Selection(queue, State.DEAD, everything=True)
    found = await observe.dead_letters(store, wanted, cursor, limit)
    return Page(found.letters, found.cursor, found.total, found.at_ms)


@seen("/api/v1/events")
async def list_events(store: TheStore, queue: QueueName = "", cursor: Cursor = "", limit: Limit = 100) -> Page[Event]:
    """Notable events, the oldest first: the newest, and by the cursor those that have come since."""
    after = Tail((), unpacked(cursor)) if cursor else None
    told = await observe.tail(store, after, queue or None, limit)
    return Page(told.events, packed(told.last))


@seen("/api/v1/audit")
async def list_audit(
    store: TheStore,
    queue: QueueName = "",
    actor: Actor = "",
    operation: Done = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[AuditRow]:
    """Who did what and why, newest first."""
    bound = _entry(cursor) if cursor else None
    wanted = Wanted(actor, operation, queue, until_ms=bound[0] if bound else 0)
    found = await observe.audit(store, wanted, limit + 1 + (_AUDIT_MORE if bound else 0))
    rows = [one for one in found.rows if bound is None or _entry(one.id) < bound]
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else "", at_ms=found.at_ms)


def _entry(entry_id: str) -> tuple[int, int]:
    if not _ENTRY.fullmatch(entry_id):
        raise UsageError("The cursor was not given by a page of this list.")
    moment, _, number = entry_id.partition("-")
    return int(moment), int(number)


def single_views() -> list[HTTPRouteHandler]:
    """The routes."""
    of_jobs = [list_jobs, get_job, get_why, get_history, list_dead, get_failure]
    return [get_queue, *of_jobs, get_flow, get_bulk, list_events, list_audit, get_metrics, get_server]
