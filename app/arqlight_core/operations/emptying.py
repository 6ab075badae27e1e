"""The end of the trash: what is destroyed here nobody puts back."""

from arqlight_core.errors import ConfirmationNeeded, NothingToUndo
from arqlight_core.observe import TrashView, trash
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.friction import Friction, Seen
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

CHUNK = 200
"""Jobs destroyed by one script call."""
_ALL = 1_000_000


@operation(Target.TRASH, Danger.IRREVERSIBLE, key="D", label="empty trash")
async def empty_trash(
    store: Store,
    queue: str,
    *,
    actor: str,
    operation: str = "",
    reason: str = "",
    dry_run: bool = False,
    confirm: str = "",
) -> Report:
    """Destroy what is in the trash of a queue, or what one operation moved there: nobody can put it back.

    Args:
        store: The server.
        queue: The queue's name.
        actor: Who asks.
        operation: Which operation's; without it everything.
        reason: Why.
        dry_run: Only say what would be destroyed, and what to give as confirm.
        confirm: What the dry run said to give.
    """
    found = [one for one in await trash(store, queue, _ALL) if operation in ("", one.operation)]
    if not found:
        raise NothingToUndo(f"The trash of {queue} holds no such thing; `arqlight trash` lists what it holds.")
    seen = _seen(queue, found)
    would = f"destroy {seen.count} jobs in the trash of {queue}, for good"
    if dry_run:
        return Report(seen.count, f"would {would}", asks=seen.asks, confirm=seen.token)
    if confirm != seen.token:
        raise ConfirmationNeeded(f"This would {would}; to go on, give --confirm {seen.token}.")
    keys = await keys_of(store, queue)
    destroyed = sum([await destroy(store, keys, one.operation, actor, reason, one.jobs) for one in found])
    return Report(destroyed, f"destroyed {destroyed} jobs that were in the trash of {queue}")


def _seen(queue: str, found: list[TrashView]) -> Seen:
    what = {"empty_trash": sorted(one.operation for one in found)}
    return Seen.of(queue, what, sum(one.jobs for one in found), 0, Friction.NAME)


async def destroy(store: Store, keys: QueueKeys, operation: str, actor: str, reason: str, most: int) -> int:
    """Destroy what an operation moved to the trash, chunk by chunk, and `most` jobs of it; answers how many went.

    It may be under way yet, and move more there meanwhile.
    """
    destroyed = 0
    while destroyed < most:
        limit = min(CHUNK, most - destroyed)
        chunk = await store.run(scripts.empty_trash(keys, operation, limit, actor, reason))
        destroyed += chunk.destroyed
        if not chunk.left:
            break
    return destroyed
