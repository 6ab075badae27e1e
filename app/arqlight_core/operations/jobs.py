"""What can be done to selected jobs. Work goes in chunks: no call blocks the server for more than a moment."""

from secrets import token_hex

from arqlight_core.errors import ConfirmationNeeded, NothingToUndo, UsageError
from arqlight_core.jobs import TRANSITIONS, State, Transition, allows
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.registry import Danger, Report, Selection, Target, operation
from arqlight_core.policy import DAY, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import PurgeOrder, Restored

CHUNK = 200
TRASH_KEPT = DAY

_SKIPPED = {0: "in no state that can be retried", -1: "payload gone"}


@operation(Target.JOBS, Danger.REVERSIBLE, key="r", label="retry")
async def retry(store: Store, selection: Selection, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Make dead, cancelled or retrying jobs due now, with all their attempts before them.

    Args:
        store: The server.
        selection: Which jobs.
        actor: Who asks.
        reason: Why.
        dry_run: Only count what would be retried.
    """
    keys = await keys_of(store, selection.queue)
    _refuse(Transition.REVIVE, selection.state)
    selection = await _bound(store, selection)
    if dry_run:
        count = await _count(store, keys, selection)
        return Report(count, f"would retry {_told(count, selection.state, selection.queue)}")
    changed, skipped = await _revive(store, keys, selection, actor, reason)
    return Report(changed, f"retrying {_told(changed, selection.state, selection.queue)}", skipped)


@operation(Target.JOBS, Danger.DESTRUCTIVE, key="X", label="purge")
async def purge(
    store: Store,
    selection: Selection,
    *,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
    confirm: int | None = None,
) -> Report:
    """Move all jobs of a state to the trash, for a day; `undo` puts them back.

    Args:
        store: The server.
        selection: Which jobs; a purge takes a whole state.
        actor: Who asks.
        reason: Why.
        dry_run: Only count what would go.
        confirm: The count that the dry run gave.
    """
    keys = await keys_of(store, selection.queue)
    _refuse(Transition.PURGE, selection.state)
    if not selection.everything:
        raise UsageError("A purge takes a whole state; say so with --all.")
    seen = bool(selection.moment_ms)  # bound by a dry run: what came later is not meant, whatever its head start
    selection = await _bound(store, selection)
    count = await _count(store, keys, selection)
    what = _told(count, selection.state, selection.queue)
    if dry_run:
        return Report(count, f"would move {what} to the trash", moment_ms=selection.moment_ms)
    if confirm is None or (count > confirm and not seen):
        raise ConfirmationNeeded(f"This would move {what} to the trash; confirm that count to go on.")
    name = token_hex(4)
    told = (selection.state.value, selection.moment_ms, actor, reason, milliseconds(TRASH_KEPT))
    moved = await _purge(store, keys, PurgeOrder(name, *told))
    done = f"moved {_told(moved, selection.state, selection.queue)} to the trash; `undo` takes it back"
    return Report(moved, done, operation=name)


@operation(Target.TRASH, Danger.SAFE, key="u", label="undo")
async def undo(store: Store, queue: str, *, actor: str, operation: str = "", dry_run: bool = False) -> Report:
    """Put back what a purge moved to the trash: state, order, payload and id.

    Args:
        store: The server.
        queue: The queue's name.
        actor: Who asks.
        operation: Which purge; without it the newest of the queue.
        dry_run: Only say what would be put back.
    """
    keys = await keys_of(store, queue)
    purges = dict(await store.purges(keys))
    name = operation or next(iter(purges), "")
    if name not in purges:
        raise NothingToUndo(f"The trash of {queue} holds no such purge; it keeps them for {TRASH_KEPT.days} day.")
    count, state = int(purges[name]["jobs"]), purges[name]["state"]
    if dry_run:
        return Report(count, f"would put {_told(count, state, queue)} back", operation=name)
    restored, skipped = await _undo(store, keys, name, actor)
    reasons = {"id in use again": skipped} if skipped else {}
    return Report(restored, f"put {_told(restored, state, queue)} back", reasons, operation=name)


def _told(count: int, state: str, queue: str) -> str:
    return f"{count} {state} {'job' if count == 1 else 'jobs'} of {queue}"


def _refuse(transition: Transition, state: State) -> None:
    if not allows(transition, state):
        fit = ", ".join(sorted(known for known in TRANSITIONS[transition] if known))
        raise UsageError(f"Jobs that are {state} cannot take this; those that can are: {fit}.")


async def _bound(store: Store, selection: Selection) -> Selection:
    """The selection bound to a moment: what arrives later is not swept in."""
    if selection.moment_ms or selection.ids:
        return selection
    now = await store.time_ms()
    return Selection(selection.queue, selection.state, selection.ids, selection.everything, now)


async def _count(store: Store, keys: QueueKeys, selection: Selection) -> int:
    if selection.ids:
        return len(selection.ids)
    return await store.count(keys, selection.state, selection.moment_ms)


async def _revive(
    store: Store, keys: QueueKeys, selection: Selection, actor: str, reason: str
) -> tuple[int, dict[str, int]]:
    changed, skipped, left = 0, dict[str, int](), list(selection.ids)
    while True:
        passed = sum(skipped.values())
        ids = (
            left[:CHUNK]
            if selection.ids
            else await store.ids(keys, selection.state, selection.moment_ms, passed, CHUNK)
        )
        if not ids:
            return changed, skipped
        left = left[CHUNK:]
        for code in await store.run(scripts.revive(keys, actor, reason, ids)):
            if code == 1:
                changed += 1
            else:
                skipped[_SKIPPED[code]] = skipped.get(_SKIPPED[code], 0) + 1


async def _purge(store: Store, keys: QueueKeys, order: PurgeOrder) -> int:
    moved = 0
    while chunk := await store.run(scripts.purge(keys, order, CHUNK)):
        moved += chunk
    return moved


async def _undo(store: Store, keys: QueueKeys, name: str, actor: str) -> tuple[int, int]:
    restored = skipped = 0
    while True:
        chunk: Restored = await store.run(scripts.undo(keys, name, CHUNK, actor))
        restored += chunk.restored
        skipped += chunk.skipped
        if not chunk.left:
            return restored, skipped
