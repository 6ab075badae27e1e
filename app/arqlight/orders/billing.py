"""Queue the runs of files that were put on record by a process that died before it had queued them."""

from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.enqueue import enqueue_many
from arqlight_core.policy import MINUTE, milliseconds
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store
from arqlight_jobs.billing import intake
from arqlight_jobs.billing.records import Records
from arqlight_jobs.billing.validation import validate

EVERY = 5 * MINUTE
"""How often it is looked for, by one process of all."""


async def carried_on(store: Store, held: Records) -> int:
    """How many of them are queued now; 0 where it is not time to look. A run whose job is there is left alone."""
    if store.read_only or not await store.take_turn("billing:left-behind", milliseconds(EVERY)):
        return 0
    left = await intake.left_behind(held)
    if not left:
        return 0
    await make_known(store, with_breaker_defaults(validate.queue, held.settings))
    return sum(one.new for one in await enqueue_many(store, validate, left))
