"""The trash: which purges can still be undone, until when, and whose they are."""

from dataclasses import dataclass
from typing import Any

from arqlight_core.observe.window import keys_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

CHUNK = 200
"""Operations that are read in one call."""


@dataclass(frozen=True, slots=True)
class TrashView:
    """What one operation moved to the trash, at one moment of the server's clock (ms)."""

    at_ms: int
    queue: str
    operation: str
    """The bulk that moved it there: what `undo` takes as its operation."""
    jobs: int
    """How many can be put back."""
    state: str
    """What the first of them was."""
    by: str
    reason: str
    moved_ms: int
    until_ms: int
    """When it is gone for good."""


async def trash(store: Store, queue: str = "", limit: int = 50) -> tuple[TrashView, ...]:
    """What can be undone in a queue, or in all: of each queue so many, the newest first. Raises QueueNotFound."""
    if queue:
        keys = [await keys_of(store, queue)]
    else:
        keys = [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]
    found = [view for one in keys for view in await trash_of(store, one, limit)]
    return tuple(sorted(found, key=lambda view: -view.moved_ms))


async def trash_of(store: Store, queue: QueueKeys, limit: int) -> list[TrashView]:
    """What can be undone in a queue, of its so many newest operations, newest first; a few in one call."""
    found: list[TrashView] = []
    for offset in range(0, limit, CHUNK):
        now, total, *rows = await store.run(scripts.trash(queue, offset, min(CHUNK, limit - offset)))
        found += [_view(queue.name, now, row) for row in rows]
        if offset + CHUNK >= total:
            break
    return found


def _view(queue: str, now: int, row: list[Any]) -> TrashView:
    operation, jobs, until_ms, *fields = row
    note = {name.decode(): told.decode(errors="replace") for name, told in zip(fields[::2], fields[1::2], strict=True)}
    return TrashView(
        at_ms=now,
        queue=queue,
        operation=operation.decode(),
        jobs=jobs,
        state=note.get("state", ""),
        by=note.get("by", ""),
        reason=note.get("reason", ""),
        moved_ms=int(note.get("at", 0)),
        until_ms=until_ms,
    )
