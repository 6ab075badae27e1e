"""A search through all jobs of a state, a few steps at a time: whoever asks goes on from where it came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.jobs import State
from arqlight_core.observe.candidates import matching, sensitive_of
from arqlight_core.observe.window import JobRow, keys_of, rows_of
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

CHUNK = 250
"""Jobs of a step: the server reads them within a few milliseconds."""
STEPS = 4
"""Steps of one call."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one stretch of a search came to, at one moment of the server's clock (ms).

    `rows` match and are still in the state; `cursor` is where to go on, '' at the end; `looked` jobs were looked at.
    """

    at_ms: int
    rows: tuple[JobRow, ...]
    cursor: str
    looked: int


async def search(store: Store, selection: Selection, cursor: str = "") -> Found:
    """Look at the next thousand jobs of a filtered selection that is bound to a moment. Raises QueueNotFound."""
    keys, sensitive = await keys_of(store, selection.queue), await sensitive_of(store, selection.queue)
    ids, looked, state = list[str](), 0, selection.state or State.WAITING
    for _ in range(STEPS):
        walked = await store.run(scripts.walk(keys, state, cursor, selection.moment_ms, CHUNK, 1))
        ids += [job.job_id for job in matching(selection, walked.rows, sensitive)]
        looked, cursor = looked + len(walked.rows), walked.cursor
        if not cursor:
            break
    at_ms, found = await _rows(store, selection.queue, state, ids)
    return Found(at_ms, found, cursor, looked)


async def rows(store: Store, queue: str, state: State, ids: Sequence[str]) -> Found:
    """Those of these jobs, some hundred at most, that are still in the state. Raises QueueNotFound."""
    at_ms, found = await _rows(store, queue, state, ids)
    return Found(at_ms, found, "", len(ids))


async def _rows(store: Store, queue: str, state: State, ids: Sequence[str]) -> tuple[int, tuple[JobRow, ...]]:
    keys, found, at_ms = await keys_of(store, queue), list[JobRow](), 0
    for start in range(0, max(1, len(ids)), CHUNK):
        at_ms, *told = await store.run(scripts.rows(keys, state, ids[start : start + CHUNK]))
        found += rows_of(state, told)
    return at_ms, tuple(found)
