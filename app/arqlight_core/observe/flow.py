"""Everything that one correlation id ties together, as a tree: which job queued which, and how far each is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arqlight_core.errors import JobNotFound
from arqlight_core.flow import Brood, Flow, Tally
from arqlight_core.jobs import State
from arqlight_core.observe.job import JobView, looked_up
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import queue_of

MOST = 1_000
"""Jobs of one view; the children of a fan-out are told as numbers and do not count."""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One job of a flow, `depth` below the first. `state` is None for one that is no longer kept; moments are in ms."""

    id: str
    queue: str
    depth: int
    state: State | None
    job_type: str
    why: str
    enqueued_ms: int
    started_ms: int
    ended_ms: int
    children: Tally | None
    broods: tuple[Brood, ...]
    tries: tuple[tuple[int, int], ...] = ()
    """Begin and end (ms) of each attempt that failed."""

    @property
    def wait_ms(self) -> int | None:
        """How long it waited for its last attempt to begin; None when that is not known."""
        return max(0, self.started_ms - self.enqueued_ms) if self.started_ms and self.enqueued_ms else None

    def run_ms(self, now_ms: int) -> int | None:
        """How long that attempt took, or has been taking; None when that is not known."""
        if not self.started_ms:
            return None
        return max(0, (self.ended_ms or now_ms) - self.started_ms)


@dataclass(frozen=True, slots=True)
class FlowView:
    """The jobs of a correlation id in the order of the tree, at one moment of the server's clock (ms).

    `total` counts all that belong to it, of which `steps` are the first.
    """

    at_ms: int
    correlation_id: str
    total: int
    steps: tuple[FlowStep, ...]


async def flow(store: Store, correlation_id: str, limit: int = MOST) -> FlowView:
    """The tree of a correlation id. Raises JobNotFound when no job of the last week carries it."""
    [(planted, total)] = await store.trees([correlation_id], limit)
    if not planted:
        raise JobNotFound(
            f"No job of the last week carries the correlation id {correlation_id}; `arqlight job ID` tells a job's own."
        )
    queued, ids = dict(planted), [one for one, _ in planted]
    looked = dict(zip(ids, await looked_up(store, ids), strict=True))
    steps = tuple(_step(one, depth, queued[one], *looked[one]) for one, depth in _in_order(ids, looked))
    return FlowView(await store.time_ms(), correlation_id, total, steps)


def _in_order(
    ids: Sequence[str], looked: Mapping[str, tuple[JobView | None, Flow | None]]
) -> Iterator[tuple[str, int]]:
    """Each id with its depth: what a job has queued stands below it, oldest first."""
    below: dict[str, list[str]] = defaultdict(list)
    for one in ids:
        view = looked[one][0]
        above = (view.parent or view.origin) if view else ""
        below[above if above in looked else ""].append(one)
    left = [(one, 0) for one in reversed(below[""])]
    while left:
        one, depth = left.pop()
        yield one, depth
        left += [(next_one, depth + 1) for next_one in reversed(below[one])]


def _step(job_id: str, depth: int, queued_ms: int, view: JobView | None, children: Flow | None) -> FlowStep:
    return FlowStep(
        id=job_id,
        queue=view.queue if view else queue_of(job_id) or "",
        depth=depth,
        state=view.state if view else None,
        job_type=view.job_type if view else "",
        why=view.why if view else "no longer kept",
        enqueued_ms=(view.enqueued_ms if view else 0) or queued_ms,
        started_ms=(view.started_ms or view.claimed_ms) if view else 0,
        ended_ms=view.ended_ms if view else 0,
        children=children.tally if children else None,
        broods=children.broods if children else (),
        tries=tuple((failure.started_ms, failure.finished_ms) for failure in view.failures) if view else (),
    )
