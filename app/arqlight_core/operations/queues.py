"""What can be done to a queue as a whole."""

from arqlight_core.observe.window import keys_of
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.operations.switching import RESUME, Switch, switched
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
    call = scripts.pause(await keys_of(store, queue), actor, reason)
    return await switched(store, call, PAUSE, queue, dry_run=dry_run)


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
    call = scripts.resume(await keys_of(store, queue), actor, reason)
    return await switched(store, call, RESUME, queue, dry_run=dry_run)
