"""What can be done to a queue as a whole."""

from arqlight_core.observe.window import keys_of
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store


@operation(Target.QUEUE, Danger.REVERSIBLE, key="p", label="pause")
async def pause(store: Store, queue: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Stop claims from a queue; running jobs finish.

    Args:
        store: The server.
        queue: The queue's name.
        actor: Who asks.
        reason: Why; shown to everybody who meets the paused queue.
        dry_run: Only say what would be done.
    """
    keys = await keys_of(store, queue)
    if dry_run:
        return Report(0, f"would pause {queue}")
    if await store.run(scripts.pause(keys, actor, reason)):
        return Report(1, f"paused {queue}; running jobs finish")
    return Report(0, f"{queue} was paused already", {"paused already": 1})


@operation(Target.QUEUE, Danger.REVERSIBLE, key="p", label="resume")
async def resume(store: Store, queue: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Let claims from a paused queue go on.

    Args:
        store: The server.
        queue: The queue's name.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    keys = await keys_of(store, queue)
    if dry_run:
        return Report(0, f"would resume {queue}")
    if await store.run(scripts.resume(keys, actor, reason)):
        return Report(1, f"resumed {queue}")
    return Report(0, f"{queue} was not paused", {"not paused": 1})
