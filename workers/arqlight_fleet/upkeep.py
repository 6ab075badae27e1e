"""Keeps house over hours and days: notes depths, sums minutes to hours, and sweeps out what was left behind."""

from collections.abc import Sequence

from arqlight_core.policy import DAY, HOUR, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import INDEXES
from arqlight_fleet.served import ServedQueue

GAUGE_EVERY = 15.0
ROLLUP_EVERY = 300.0
SWEEP_EVERY = 3600.0
CHUNK = 500
HOURS_KEPT = 30 * DAY


async def gauge(store: Store, served: Sequence[ServedQueue]) -> str:
    """Note how deep each queue is, unless another process just has."""
    every_ms = int(GAUGE_EVERY * 900)
    noted = await store.run_all([scripts.gauge(one.keys, every_ms) for one in served])
    return f"{sum(noted)} of {len(noted)} queues noted"


async def roll_up(store: Store, served: Sequence[ServedQueue]) -> str:
    """Sum every finished hour that is not summed yet: one hour a call, as far back as its minutes are kept."""
    left = 0
    for one in served:
        while await store.run(scripts.rollup(one.keys, milliseconds(HOURS_KEPT))):
            left += 1
    return f"{left} hours caught up" if left else "up to date"


async def sweep(store: Store, served: Sequence[ServedQueue]) -> str:
    """Sweep every index, once an hour in the whole fleet; answers what was removed."""
    if not await store.take_turn("sweep", milliseconds(HOUR) // 2):
        return "another process has swept"
    marks, workers = await store.forget_stale(milliseconds(DAY))
    removed = {"abort marks": marks, "silent workers": workers}
    for index in INDEXES:
        removed[index] = sum([await _sweep_index(store, one, index) for one in served])
    told = ", ".join(f"{count} {what}" for what, count in removed.items() if count)
    return f"swept {told}" if told else "nothing to sweep"


async def _sweep_index(store: Store, served: ServedQueue, index: str) -> int:
    offset = removed = 0
    while True:
        chunk = await store.run(scripts.sweep(served.keys, index, offset, CHUNK))
        removed += chunk.removed
        offset += chunk.seen - chunk.removed
        if chunk.seen < CHUNK:
            return removed
