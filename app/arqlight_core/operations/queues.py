"""What can be done to a queue as a whole."""

from datetime import timedelta

from arqlight_core.observe.window import keys_of
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.operations.switching import RESUME, Switch, planned, switched
from arqlight_core.policy import milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

PAUSE = Switch("pause", "paused {}; running jobs finish", "paused already")


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
        return planned(PAUSE, queue, idle=await store.is_paused(keys))
    return await switched(store, scripts.pause(keys, actor, reason), PAUSE, queue)


@operation(Target.QUEUE, Danger.REVERSIBLE, key="p", label="resume")
async def resume(
    store: Store,
    queue: str,
    *,
    ramp: timedelta | None = None,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
) -> Report:
    """Let claims from a paused queue go on.

    Args:
        store: The server.
        queue: The queue's name.
        ramp: How long it takes to full speed, such as 2m: one job at first, twice as many each tenth of it.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    keys = await keys_of(store, queue)
    if dry_run:
        return planned(RESUME, queue, idle=not await store.is_paused(keys))
    return await switched(store, scripts.resume(keys, actor, reason, milliseconds(ramp or timedelta())), RESUME, queue)
