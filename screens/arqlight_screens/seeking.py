"""How jobs are looked for: among the rows that are near, by id, or through a whole state a stretch at a time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arqlight_core import clock, observe
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import JobRow, JobView
from arqlight_screens.job_query import Query
from arqlight_screens.job_search import Search
from arqlight_screens.rows import PAGE
from arqlight_screens.source import Fleet, Unavailable

_NEAR_PAGES = 8
"""How far a filter looks while it is typed: it reads rows, and reading a million would hurt the server."""
_AWAY = 1.0
"""Seconds that a search waits for a server that is away."""


@dataclass(frozen=True, slots=True)
class Near:
    """The rows near a place of a list that match, of `read` that were looked at and `total` that there are."""

    at_ms: int
    rows: Sequence[JobRow]
    read: int
    total: int


async def near(fleet: Fleet, queue: str, state: State, start: int, query: Query) -> Near:
    """Look at the few pages from this row on."""
    found, read, at_ms, total = list[JobRow](), 0, 0, 0
    for offset in range(start, start + _NEAR_PAGES * PAGE, PAGE):
        seen = await fleet.observe(observe.window, queue, state, offset, PAGE)
        at_ms, total, read = seen.at_ms, seen.total, read + len(seen.rows)
        found.extend(row for row in seen.rows if query.fits(row, at_ms))
        if len(seen.rows) < PAGE:
            break
    return Near(at_ms, found, read, total)


async def named(fleet: Fleet, queue: str, word: str) -> JobView | None:
    """The job of that id, or of that id within the queue; None when there is none."""
    for job_id in (word, f"{{{queue}}}:{word}"):
        try:
            return await fleet.observe(observe.job, job_id)
        except JobNotFound:
            continue
    return None


async def begun(fleet: Fleet, queue: str, state: State, query: Query, typed: str) -> Search:
    """A search through a state as it stands now."""
    seen = await fleet.observe(observe.window, queue, state, 0, 1)
    return Search(query.selection(queue, state, seen.at_ms), typed, seen.total)


async def seek(fleet: Fleet, search: Search, show: Callable[[], None]) -> None:
    """Look on until it has ended or is stopped. The server is left in peace for as long as it was kept busy."""
    try:
        while search.is_running:
            began = clock.monotonic()
            try:
                search.add(await fleet.observe(observe.search, search.selection, search.cursor))
            except Unavailable:
                await asyncio.sleep(_AWAY)
                continue
            show()
            await asyncio.sleep(clock.monotonic() - began)
    finally:
        search.stop()


async def read_again(fleet: Fleet, search: Search, first: int, last: int) -> None:
    """Read the found rows in sight again: those that have left the state are found no more."""
    ids = [row.id for row in search.rows[first : last + 1]]
    if ids and search.selection.state:
        now = await fleet.observe(observe.rows, search.selection.queue, search.selection.state, ids)
        search.refresh(ids, {row.id: row for row in now.rows}, now.at_ms)
