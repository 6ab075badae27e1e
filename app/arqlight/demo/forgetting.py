"""Whether a queue may rightly know nothing of a job: its retention has forgotten it, or an operator has purged it.

A queue that keeps as many ended jobs as it may forgets those that ended first: whatever ended behind the oldest one
that it keeps it still knows.
"""

from collections.abc import Mapping
from math import inf

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.observe.fleet import QueueView
from arqlight_core.observe.trash import trash
from arqlight_core.policy.spelling import read_retention
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys


async def forgotten_before(store: Store) -> Mapping[str, float]:
    """Of each queue, the moment (ms) before which it may have forgotten ended jobs: 0 where it has forgotten none.

    After a purge it is `inf`: what lies in the trash is in no state.
    """
    told = await observe.fleet(store)
    purged = {one.queue for one in await trash(store)}
    return {one.name: inf if one.name in purged else await _of(store, one, told.at_ms) for one in told.queues}


async def _of(store: Store, queue: QueueView, at_ms: int) -> float:
    calls = [scripts.walk(QueueKeys(queue.wire), state, "", at_ms, 1, 0) for state in _full(queue)]
    walked = await store.run_all(calls) if calls else []
    return max((float(score) for one in walked for _, score in one.rows), default=0.0)


def _full(queue: QueueView) -> list[State]:
    """The states of which it keeps as many jobs as it may, and has forgotten others."""
    [kept] = [read_retention(one.effective, None) for one in queue.settings if one.name == "retention"]
    most = {State.COMPLETED: kept.completed, State.DEAD: kept.dead, State.CANCELLED: kept.dead}
    return [state for state, keep in most.items() if queue.totals.get("pruned") and queue.counts[state] >= keep.count]
