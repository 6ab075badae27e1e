"""The trash: where purged jobs are for a time, and the ways out of it."""

import functools

from arqlight_core.errors import NothingToUndo
from arqlight_core.jobs import Transition
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.actions import ACTIONS, Action, Chunk
from arqlight_core.operations.bulk import Asked, Words, perform
from arqlight_core.operations.closing import close_bulk
from arqlight_core.operations.orders import Order
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import SECOND, milliseconds
from arqlight_core.settings import load
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Acted, Call


@functools.cache
def kept_ms() -> int:
    """How long what is purged can be put back."""
    return milliseconds(load().trash * SECOND)


def _put_back(chunk: Chunk, *, operation: str) -> Call[Acted]:
    return scripts.undo(chunk.queue, chunk.step, operation, chunk.ids)


ACTIONS["undo"] = Action("undo", Transition.UNDO, _put_back)


@operation(Target.TRASH, Danger.SAFE, key="u", label="undo")
async def undo(
    store: Store, queue: str, *, actor: str, operation: str = "", reason: str = "", dry_run: bool = False
) -> Report:
    """Put back what a purge moved to the trash: state, order, payload and id.

    Args:
        store: The server.
        queue: The queue's name.
        actor: Who asks.
        operation: Which purge; without it the newest of the queue.
        reason: Why.
        dry_run: Only say what would be put back.
    """
    keys = await keys_of(store, queue)
    purges = dict(await store.purges(keys))
    name = operation or next(iter(purges), "")
    if name not in purges:
        raise NothingToUndo(f"The trash of {queue} holds no such purge; `arqlight trash` lists what it holds.")
    if not dry_run:
        await store.run(
            scripts.conclude(keys, name, "queued running paused", "aborted", actor, "it is being undone", "")
        )
        await close_bulk(store, keys, name, actor)
    order = Order("undo", queue, trash=name, arguments={"operation": name})
    return await perform(store, order, Asked(actor, reason, dry_run), Danger.SAFE, Words("put {} back", "put {} back"))
