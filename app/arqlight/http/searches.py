"""Searches: the jobs of one group of failures, and those of a state that match, a stretch of the queue at a time."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from arqlight.http.answers import Cursor, Limit, paged
from arqlight.http.routes import TheStore, seen
from arqlight.http.views import QueueName
from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import FailedJob, JobRow
from arqlight_core.policy import milliseconds, span
from arqlight_core.selection import Selection, fields_in
from arqlight_core.store.gateway import Store

_PLACE = re.compile(r"([0-9]{1,15}) (-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:e[+-]?[0-9]{1,3})? .{1,2000})", re.DOTALL)

Which = Annotated[State, QueryParameter(name="state", description="Among this state's jobs.")]
JobType = Annotated[str, QueryParameter(max_length=200, description="Of this job type.")]
Fingerprint = Annotated[str, QueryParameter(max_length=200, description="Whose last failure is of this group.")]
Anywhere = Annotated[
    str, QueryParameter(max_length=200, description="With this in the id, the last error or the payload, in any case.")
]
Failed = Annotated[str, QueryParameter(name="error", max_length=200, description="With this in the last error.")]
Older = Annotated[str, QueryParameter(max_length=20, description="Queued, or ended, at least so long ago, as 2h.")]
Where = Annotated[
    list[str] | None,
    QueryParameter(description="With this value in a field of the payload, as tenant=acme; may be repeated."),
]


@dataclass(frozen=True, slots=True)
class FoundTold:
    """What one stretch of a search came to."""

    items: Sequence[JobRow]
    """Those that match, and are still in the state."""
    cursor: str
    """Where to go on, however few were found; '' when all have been looked at."""
    looked: int
    """Jobs that were looked at."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class FailedTold:
    """One page of the jobs of a group of failures."""

    items: Sequence[FailedJob]
    cursor: str
    """Where the next page begins; '' where there is none."""
    looked: int
    """Jobs that were looked at: the newest of each queue."""
    among: int
    """Dead and retrying jobs that there are."""
    at_ms: int


class Place(NamedTuple):
    """How far a search has come: the moment that it is bound to, and where the walk goes on."""

    moment_ms: int
    walked: str

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """The place of a cursor. Raises UsageError."""
        try:
            told = _PLACE.fullmatch(urlsafe_b64decode(cursor.encode()).decode(errors="surrogateescape"))
        except ValueError:
            told = None
        if told is None:
            raise UsageError("The cursor was not given by a page of this search.")
        return cls(int(told[1]), told[2])

    @property
    def cursor(self) -> str:
        """As it is handed out."""
        if not self.walked:
            return ""
        return urlsafe_b64encode(f"{self.moment_ms} {self.walked}".encode(errors="surrogateescape")).decode()


@seen("/api/v1/queues/{name:str}/search")
async def search_jobs(  # noqa: PLR0913 - each is one thing that can be asked for
    store: TheStore,
    name: FromPath[str],
    *,
    which: Which = State.WAITING,
    job_type: JobType = "",
    fingerprint: Fingerprint = "",
    text: Anywhere = "",
    error: Failed = "",
    older: Older = "",
    where: Where = None,
    cursor: Cursor = "",
) -> FoundTold:
    """The jobs of one state that match, as they stood when the search began: a thousand are looked at for a page."""
    place = Place.read(cursor) if cursor else Place(await store.time_ms(), "")
    asked: dict[str, Any] = {
        "job_type": job_type,
        "fingerprint": fingerprint,
        "text": text,
        "error": error,
        "older_ms": milliseconds(span(older)) if older else 0,
        "where": fields_in(where or ()),
    }
    if not any(asked.values()):
        raise UsageError("Say what jobs have to match, such as ?error=429; queues/NAME/jobs lists all of a state.")
    wanted = Selection(name, which, moment_ms=place.moment_ms, **asked)
    found = await observe.search(store, wanted, place.walked)
    return FoundTold(found.rows, place._replace(walked=found.cursor).cursor, found.looked, found.at_ms)


@seen("/api/v1/failures/{fingerprint:str}/jobs")
async def list_failed(
    store: TheStore, fingerprint: FromPath[str], queue: QueueName = "", cursor: Cursor = "", limit: Limit = 50
) -> FailedTold:
    """The dead jobs of one group of failures, newest first, then those that are retried, due first."""
    found = await observe.failed_jobs(store, fingerprint, await _queues(store, fingerprint, queue))
    page = paged(found.jobs, cursor, limit)
    return FailedTold(page.items, page.cursor, found.read, found.total, found.at_ms)


async def _queues(store: Store, fingerprint: str, queue: str) -> Sequence[str]:
    """Where the group is, or this queue alone. Raises FailureNotFound."""
    return [queue] if queue else [*(await observe.failure(store, fingerprint)).queues]


SEARCHES: list[HTTPRouteHandler] = [search_jobs, list_failed]
