"""A job's relatives: who waits for it, who queued it, and the children and follow-ups that it queued itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from arqlight_core.errors import JobNotFound
from arqlight_core.flow import Flow, Tally, descendant
from arqlight_core.jobs import State
from arqlight_core.observe.job import JobView, job, looked_up
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, own_id

CHILDREN, DEAD, FOLLOWED = 30, 20, 100
"""How many children are told, dead ones first; how many of those; how many jobs of the tree are looked at."""
_STRETCH, _STRETCHES = 500, 4
"""Children whose ends are read at a time, and how often: dead ones are sought among the first two thousand."""


@dataclass(frozen=True, slots=True)
class Kin:
    """One relative. `state` is None when it is no longer kept; `why` is how it is with it, in a sentence."""

    relation: str
    id: str
    queue: str
    state: State | None
    job_type: str
    why: str


@dataclass(frozen=True, slots=True)
class Family:
    """A job's relatives, those above it first. `children` counts all of them; of many, dead and first ones are told."""

    job_id: str
    children: Tally | None
    kin: tuple[Kin, ...]


async def family(store: Store, job_id: str) -> Family:
    """The relatives of the job of that id, at a bounded cost. Raises JobNotFound."""
    view = await job(store, job_id)
    flow = view.flow
    kin = [
        *[await _above(store, relation, one) for relation, one in _over(view)],
        *(await _children(store, view, flow) if flow else ()),
        *(await _follow_ups(store, view) if view.correlation_id else ()),
    ]
    return Family(job_id, flow.tally if flow else None, tuple(kin))


def _over(view: JobView) -> Iterator[tuple[str, str]]:
    if view.parent:
        yield "parent", view.parent
    if view.origin:
        yield "queued by", view.origin


async def _above(store: Store, relation: str, job_id: str) -> Kin:
    try:
        return _kin(relation, job_id, await job(store, job_id))
    except JobNotFound:
        return _kin(relation, job_id, None)


async def _children(store: Store, view: JobView, flow: Flow) -> list[Kin]:
    dead = await _dead(store, view, flow) if flow.tally.dead else []
    numbers = list(dict.fromkeys([*dead, *range(min(CHILDREN, flow.tally.total))]))[:CHILDREN]
    ids = [one for number in numbers if (one := _child(view, flow, number))]
    return [_kin("child", one, found) for one, (found, _) in zip(ids, await looked_up(store, ids), strict=True)]


async def _dead(store: Store, view: JobView, flow: Flow) -> list[int]:
    """The numbers of the first children that are dead."""
    found, published = list[int](), await store.published_queues()
    keys = QueueKeys(published[view.queue]["wire"])
    for first in range(0, min(flow.tally.total, _STRETCH * _STRETCHES), _STRETCH):
        told = await store.run(scripts.children(keys, view.id, first, min(_STRETCH, flow.tally.total - first)))
        found += [first + place for place, dead in enumerate(told.dead) if dead]
        if len(found) >= DEAD:
            break
    return found[:DEAD]


def _child(view: JobView, flow: Flow, number: int) -> str:
    """The id that the child of this number has unless its job type makes its own; '' for one of no brood."""
    brood = flow.brood_of(number)
    if brood is None:
        return ""
    return QueueKeys.declared(brood.queue).job_id(descendant(own_id(view.id), flow.life, str(number)))


async def _follow_ups(store: Store, view: JobView) -> list[Kin]:
    ids, _ = await store.tree(view.correlation_id, FOLLOWED)
    found = zip(ids, await looked_up(store, ids), strict=True)
    return [_kin("follow-up", one, other) for one, (other, _) in found if other and other.origin == view.id]


def _kin(relation: str, job_id: str, view: JobView | None) -> Kin:
    if view is None:
        return Kin(relation, job_id, "", None, "", "no longer kept")
    return Kin(relation, job_id, view.queue, view.state, view.job_type, view.why)
