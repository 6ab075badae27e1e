"""The flows that the newest jobs belong to. No index has them, so that none is written with every job."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from arqlight_core.codec import decode_job
from arqlight_core.errors import PayloadCorrupt
from arqlight_core.jobs import State
from arqlight_core.observe.fleet import FleetView
from arqlight_core.observe.job import state_of
from arqlight_core.observe.window import JobRow, rows_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, queue_of

NEWEST = 400
"""Jobs that are looked at, shared by the states of all queues that have any."""
FEWEST, PAGE = 4, 100
"""Of each state so many at least, and at most: what the server reads in about a millisecond."""
CANDIDATES, MOST = 150, 40
"""Correlation ids that are looked up, those of the newest jobs, and flows that are told."""
JOBS = 100
"""Jobs of a flow whose states are counted, those queued first."""
CHUNK = 500

_ENDED = (State.COMPLETED, State.DEAD, State.CANCELLED)
_Planted = tuple[list[tuple[str, int]], int]


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow of `total` jobs; the states are those of the first 100, of which `gone` are no longer kept."""

    correlation_id: str
    total: int
    states: dict[State, int]
    gone: int
    root: str
    """The id of the job that was queued first, and its type: '' when it is no longer kept."""
    root_type: str
    begun_ms: int
    ended_ms: int
    """When the last of them ended, as far as is known; 0 while one has not."""

    def took_ms(self, now_ms: int) -> int:
        """How long it took, or has been taking."""
        return max(0, (self.ended_ms or now_ms) - self.begun_ms)


@dataclass(frozen=True, slots=True)
class FlowsView:
    """Flows begun last first, at one moment of the server's clock (ms), found among `read` of `total` jobs."""

    at_ms: int
    rows: tuple[FlowRow, ...]
    read: int
    total: int


async def flows(store: Store, view: FleetView, also: str = "") -> FlowsView:
    """The flows of the newest jobs of the queues in view; `also` one by its correlation id, if there is such."""
    pages = await _newest(store, view)
    newest = sorted(chain.from_iterable(pages), key=lambda row: -row.enqueued_ms)
    known = await _known(store, _named(also, newest))
    rows = await _rows(store, sorted(known, key=lambda one: one != also)[:MOST])
    total = sum(sum(queue.counts.values()) for queue in view.queues)
    begun_last = sorted(rows, key=lambda row: -row.begun_ms)
    return FlowsView(await store.time_ms(), tuple(begun_last), len(newest), total)


def _named(also: str, newest: Sequence[JobRow]) -> list[str]:
    """Correlation ids to be looked up: the one that was asked for, and those of the newest jobs."""
    told = [also, *(row.correlation_id for row in newest)]
    return [one for one in dict.fromkeys(told) if one][:CANDIDATES]


async def _known(store: Store, correlation_ids: Sequence[str]) -> list[str]:
    """Those to which jobs are known to belong, begun last first; a job that was queued alone has one of its own."""
    if not correlation_ids:
        return []
    trees = dict(zip(correlation_ids, await store.trees(correlation_ids, 1), strict=True))
    begun = {one: jobs[0][1] for one, (jobs, _) in trees.items() if jobs}
    return sorted(begun, key=lambda one: -begun[one])


async def _newest(store: Store, view: FleetView) -> list[tuple[JobRow, ...]]:
    """The newest jobs of each state: those that have ended stand newest first, the others newest last."""
    places = [(queue, state) for queue in view.queues for state, count in queue.counts.items() if count]
    share = share_of(len(places))
    firsts = [0 if state in _ENDED else max(0, queue.counts[state] - share) for queue, state in places]
    told = zip(places, firsts, strict=True)
    calls = [scripts.window(QueueKeys(queue.wire), state, first, share) for (queue, state), first in told]
    answers = await store.run_all(calls) if calls else []
    return [rows_of(state, rows) for (_, state), (_, _, *rows) in zip(places, answers, strict=True)]


def share_of(places: int) -> int:
    """How many jobs of each state are looked at, where so many have any."""
    return min(PAGE, max(FEWEST, NEWEST // max(1, places)))


async def _rows(store: Store, correlation_ids: Sequence[str]) -> list[FlowRow]:
    if not correlation_ids:
        return []
    trees = await store.trees(correlation_ids, JOBS)
    wires = {name: told["wire"] for name, told in (await store.published_queues()).items()}
    stands = await _stands(store, wires, [job_id for jobs, _ in trees for job_id, _ in jobs])
    types = await _types(store, wires, [jobs[0][0] for jobs, _ in trees if jobs])
    told = zip(correlation_ids, trees, strict=True)
    return [_row(one, planted, stands, types) for one, planted in told if planted[0]]


async def _stands(
    store: Store, wires: Mapping[str, str], job_ids: Sequence[str]
) -> dict[str, tuple[State | None, int]]:
    """Each job's state, and when it ended (ms; 0 when it has not)."""
    by_queue: dict[str, list[str]] = defaultdict(list)
    for job_id in dict.fromkeys(job_ids):
        by_queue[queue_of(job_id) or ""].append(job_id)
    chunks = [
        (QueueKeys(wires[name]), ids[at : at + CHUNK])
        for name, ids in by_queue.items()
        if name in wires
        for at in range(0, len(ids), CHUNK)
    ]
    answers = await store.run_all([scripts.states(keys, ids) for keys, ids in chunks]) if chunks else []
    found: dict[str, tuple[State | None, int]] = {}
    for (_, ids), (now, *scores) in zip(chunks, answers, strict=True):
        for job_id, own in zip(ids, scores, strict=True):
            ended = next((int(float(score)) for score in own[5:] if score), 0)
            found[job_id] = (state_of(now, own), ended)
    return found


async def _types(store: Store, wires: Mapping[str, str], job_ids: Sequence[str]) -> dict[str, str]:
    """The job types of these jobs, as far as they are kept."""
    known = [job_id for job_id in job_ids if queue_of(job_id) in wires]
    calls = [scripts.bodies(QueueKeys(wires[queue_of(one) or ""]), [one]) for one in known]
    answers = await store.run_all(calls) if calls else []
    return {one: _type_of(body) for one, [body] in zip(known, answers, strict=True)}


def _type_of(body: scripts.Body) -> str:
    try:
        return decode_job(body.data).function if body.data else ""
    except PayloadCorrupt:
        return "unreadable"


def _row(
    correlation_id: str,
    planted: _Planted,
    stands: Mapping[str, tuple[State | None, int]],
    types: Mapping[str, str],
) -> FlowRow:
    jobs, total = planted
    known = [stands.get(job_id, (None, 0)) for job_id, _ in jobs]
    counts = Counter(state for state, _ in known if state)
    over = all(state in (*_ENDED, None) for state, _ in known)
    root, begun_ms = jobs[0]
    return FlowRow(
        correlation_id=correlation_id,
        total=total,
        states={state: counts[state] for state in State if counts[state]},
        gone=len(known) - counts.total(),
        root=root,
        root_type=types.get(root, ""),
        begun_ms=begun_ms,
        ended_ms=max(ended for _, ended in known) if over else 0,
    )
