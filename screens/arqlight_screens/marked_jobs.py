"""The jobs of a tab that are marked: one by one, or all that match, as they stood at a moment."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_core.operations import Selection, Target
from arqlight_screens.figures import time_of_day
from arqlight_screens.job_query import Query
from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line, Part

_COMES_LATER = (State.SCHEDULED, State.RETRYING, State.HELD, State.ACTIVE)
"""States of jobs whose place in line does not tell when they came."""


class Marks:
    """What is marked in one state of one queue; never of both kinds at once."""

    def __init__(self, queue: str, state: State) -> None:
        self._queue, self._state = queue, state
        self._ids: dict[str, None] = {}
        self._all: Selection | None = None
        self._query = Query()
        self._told = ""

    def __bool__(self) -> bool:
        return bool(self._ids) or self._all is not None

    @property
    def ids(self) -> tuple[str, ...]:
        """The jobs that are marked one by one."""
        return tuple(self._ids)

    @property
    def is_all(self) -> bool:
        """Whether everything that matches is marked."""
        return self._all is not None

    @property
    def selection(self) -> Selection | None:
        """What an operation is to act upon; None without marks."""
        if self._all is not None:
            return self._all
        return Selection(self._queue, self._state, self.ids) if self._ids else None

    def toggle(self, job_id: str) -> None:
        """Mark a job, or no longer."""
        if job_id in self._ids:
            del self._ids[job_id]
        else:
            self._ids[job_id] = None

    def take_all(self, selection: Selection, query: Query, told: str) -> None:
        """Mark everything that this selection means; `told` says how many and which."""
        self._ids.clear()
        self._all, self._query, self._told = selection, query, told

    def forget(self, gone: Iterable[str]) -> None:
        """These have left the state: they are marked no more."""
        for job_id in gone:
            self._ids.pop(job_id, None)

    def covers(self, row: JobRow, *, found: bool) -> bool:
        """Whether a row is marked, as far as it tells; one that a search has `found` matches what is asked for."""
        if self._all is None:
            return row.id in self._ids
        came_ms = row.enqueued_ms if row.state in _COMES_LATER else row.moment_ms
        return came_ms <= self._all.moment_ms and (found or self._query.fits(row, self._all.moment_ms))

    def hints(self, keys: Iterable[Key]) -> Iterator[Key]:
        """The keys; those of jobs under the name of what they do to the marked ones, while there are any."""
        for key in keys:
            if not (self and key.target == Target.JOBS):
                yield key
            elif not (key.every and key.keys.startswith("ctrl+")):  # the same key without it does as much
                yield replace(key, label=f"{key.label.removesuffix(' all')} marked")

    @property
    def line(self) -> Line:
        """What is marked, in words."""
        if self._all is not None:
            moment = time_of_day(self._all.moment_ms)
            return (Part(f" ◆ {self._told}", "warn"), Part(f" as of {moment} · esc clears", "dim"))
        if not self._ids:
            return ()
        jobs = f"{len(self._ids):,} {self._state} job{'' if len(self._ids) == 1 else 's'} marked"
        return (Part(f" ◆ {jobs}", "warn"), Part(" · esc clears", "dim"))
