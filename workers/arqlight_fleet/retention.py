"""Forgets ended jobs beyond what their queue keeps, and destroys the oldest trash beyond its bound."""

from collections.abc import Sequence

from arqlight_core.observe.trash import trash_of
from arqlight_core.operations.emptying import destroy
from arqlight_core.policy import Keep, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_fleet.served import ServedQueue

PRUNE_EVERY = 5.0
TRIM_EVERY = 60.0
MOST_OPERATIONS = 10_000
"""Operations in one trash that are looked at in one go."""
CHUNK = 200


async def prune(store: Store, served: Sequence[ServedQueue]) -> str:
    """Forget, queue by queue and chunk by chunk; answers how many."""
    forgotten = 0
    for one in served:
        keep = one.retention
        for state, kept in (("completed", keep.completed), ("dead", keep.dead), ("cancelled", keep.dead)):
            forgotten += await _prune_state(store, one, state, kept)
    return f"{forgotten} forgotten"


async def _prune_state(store: Store, served: ServedQueue, state: str, kept: Keep) -> int:
    forgotten = 0
    while True:
        of_ours = int(bool(served.terms))  # a stock queue's results are kept as its own arguments say
        call = scripts.prune(served.keys, state, kept.count, milliseconds(kept.age), CHUNK, of_ours)
        pruned = await store.run(call)
        forgotten += pruned
        if pruned < CHUNK:
            return forgotten


async def trim(store: Store, served: Sequence[ServedQueue], most: int) -> str:
    """Destroy the oldest operations' trash of each queue that holds more jobs than `most`; answers how many jobs."""
    destroyed = sum([await _trim_queue(store, one, most) for one in served])
    return f"{destroyed} destroyed"


async def _trim_queue(store: Store, served: ServedQueue, most: int) -> int:
    held, destroyed = 0, 0
    for one in await trash_of(store, served.keys, MOST_OPERATIONS):
        held += one.jobs
        if held > most:
            why = f"the trash holds at most {most} jobs"
            destroyed += await destroy(store, served.keys, one.operation, "retention", why, one.jobs)
    return destroyed
