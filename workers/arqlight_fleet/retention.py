"""Forgets ended jobs beyond what their queue keeps."""

from collections.abc import Sequence

from arqlight_core.policy import Keep, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_fleet.served import ServedQueue

PRUNE_EVERY = 5.0
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
