"""How many jobs a selection means: by the size of a sorted set where that tells, else by looking at each."""

from arqlight_core.errors import UsageError
from arqlight_core.operations.meant import meant, sensitive_of, walk
from arqlight_core.operations.orders import Order
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

CHUNK = 250
LOOKED_AT = 1_000_000
"""Jobs that a count looks at, at most."""


async def counted(store: Store, queue: QueueKeys, order: Order) -> int:
    """How many jobs an order is about. Raises UsageError when they are too many to be looked at."""
    selection = order.selection
    if selection and selection.ids:
        return len(selection.ids)
    if not order.is_whole:
        return await store.run(scripts.extent(queue, order.where, selection.moment_ms if selection else 0))
    return await looked_at(store, queue, order)


async def looked_at(store: Store, queue: QueueKeys, order: Order) -> int:
    """How many there are, of which each is looked at: a head start puts jobs among those of an earlier moment."""
    sensitive = await sensitive_of(store, queue.name)
    count, cursor = 0, ""
    for _ in range(LOOKED_AT // CHUNK):
        walked = await walk(store, queue, order, cursor, CHUNK)
        count += len(meant(order, walked, sensitive))
        cursor = walked.cursor
        if not cursor:
            return count
    raise UsageError(f"More than {LOOKED_AT:,} jobs would have to be looked at; take a whole state with --all instead.")
