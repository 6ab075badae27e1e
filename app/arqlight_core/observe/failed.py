"""The jobs of one group of failures: found among the newest dead and retrying ones, for no index has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.jobs import State
from arqlight_core.observe.window import JobRow, keys_of, rows_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

PAGE, PAGES = 100, 5
"""So many jobs are read in one call, and so often of each state of a queue."""
ENOUGH = 200
"""Jobs of the group after which no further page is read."""

_Place = tuple[QueueKeys, State]


@dataclass(frozen=True, slots=True)
class FailedJob:
    """One job whose last failure is of the group."""

    queue: str
    row: JobRow


@dataclass(frozen=True, slots=True)
class FailedJobs:
    """Jobs of the group at one moment of the server's clock (ms), among the `read` ones of `total`."""

    at_ms: int
    jobs: tuple[FailedJob, ...]
    read: int
    total: int


async def failed_jobs(store: Store, fingerprint: str, queues: Sequence[str]) -> FailedJobs:
    """The dead jobs of the group, newest first, then the retrying ones, due first. Raises QueueNotFound."""
    places = [(await keys_of(store, queue), state) for state in (State.DEAD, State.RETRYING) for queue in queues]
    found: dict[_Place, list[FailedJob]] = {place: [] for place in places}
    totals, at_ms, read, left = dict.fromkeys(places, 0), 0, 0, places
    for offset in range(0, PAGE * PAGES, PAGE):
        answers = await store.run_all([scripts.window(keys, state, offset, PAGE) for keys, state in left])
        for place, answer in zip(left, answers, strict=True):
            at_ms, totals[place], *told = answer
            rows = [row for row in rows_of(place[1], told) if row.fingerprint == fingerprint]
            found[place] += [FailedJob(place[0].name, row) for row in rows]
            read += len(told)
        left = [place for place in left if totals[place] > offset + PAGE]
        if not left or sum(map(len, found.values())) >= ENOUGH:
            break
    jobs = tuple(job for place in places for job in found[place])
    return FailedJobs(at_ms, jobs, read, sum(totals.values()))
