"""One queue's jobs, a tab for each state: a list of any length that scrolls, is searched, and acted upon."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import QueueView
from arqlight_core.operations import Selection
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.job_list import JobList
from arqlight_screens.job_query import Query, query_of
from arqlight_screens.job_search import Search
from arqlight_screens.keymap import FILTERING, LEAVING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.marked_jobs import Marks
from arqlight_screens.meant import Meant, of_job, of_jobs, of_queue
from arqlight_screens.operation_keys import on_job, on_queue, on_tab
from arqlight_screens.seeking import begun, named, near, read_again, seek
from arqlight_screens.silencing import of_alerts_of
from arqlight_screens.widgets.filter_line import FilterLine

MARKS_KEPT = 250
"""Marked jobs that are looked after, at most: those that leave the state are marked no more."""

MARKING = (
    Key("space", "mark", "mark", "mark the job, or no longer, and go on to the next"),
    Key("asterisk", "mark_all", "mark all", "mark all jobs that match, as they stand at this moment"),
)
SEARCHING = replace(
    FILTERING,
    label="search",
    help="filter what is near, enter looks at all: text, type: err: fp: age:>1h flow: id: or any field: of payloads",
)


def first_tab(queue: QueueView) -> State:
    """The state to look at first: where it hurts, else where the work is."""
    gravest = (State.DEAD, State.RETRYING, State.HELD, State.ACTIVE, State.WAITING, State.SCHEDULED, State.COMPLETED)
    stuck = queue.paused is not None or not queue.workers
    order = (State.WAITING, *gravest) if stuck else gravest
    return next((state for state in order if queue.counts[state]), State.WAITING)


class QueueJobs(JobList):
    """The jobs of one queue in one state at a time."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        *on_job(),
        *on_tab(),
        SEARCHING,
        *JobList.TURNING,
        *MARKING,
        *on_queue(),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, queue: str, state: State, sought: str = "") -> None:
        """Begin with the jobs of a state, or with those of them that are `sought`, in the words of the search."""
        super().__init__(queue, state)
        self._sought = sought
        self.table.is_marked = self._is_marked
        self._marks = Marks(queue, state)
        self._search: Search | None = None
        self._filtered_from = 0
        self._near: Line = ()

    def on_mount(self) -> None:
        """Say what can be searched for."""
        self._filter.placeholder = "text  type:  err:  fp:  age:>1h  id:  tenant:acme    enter looks at all jobs"
        if self._sought:
            self._filter.value = self._sought
            self._filter.action_keep()

    # ------------------------------------------------------------------ what is seen

    def hints(self) -> Iterable[Key]:
        """The keys that fit; those of jobs act on the marked ones while there are any."""
        return self._marks.hints(super().hints())

    def _tell(self) -> None:
        """Say what is marked, and how far a filter or a search has looked."""
        sought = self._search.line if self._search else self._near
        if self._marks.is_all and not (self._search and self._search.is_running):
            sought = ()  # the marks say what matches
        self.note((*self._marks.line, *((Part("  "), *sought) if self._marks and sought else sought)))

    # ------------------------------------------------------------------ the list

    async def fetch(self) -> None:
        """Read the rows in sight again, of all jobs or of those that were found; or those that a filter looks at."""
        if self._search and self._search.typed != self.typed:
            self._drop_search()
        if self._search:
            await self._read_found(self._search)
        elif self.typed:
            await self._read_near(query_of(self.typed))
        else:
            self._near = ()
            if await self.read_all():
                await self._look_after_marks()
        self._tell()

    async def _read_near(self, query: Query) -> None:
        state, typed = self.state, self.typed
        seen = await near(self.room.fleet, self._queue, state, self._filtered_from, query)
        if state is not self.state or typed != self.typed:
            return
        self.table.placeholder, self._unread = self.nothing("none of the"), False
        self.table.show_only(seen.rows, seen.at_ms)
        place = f" from row {self._filtered_from + 1:,} on" if self._filtered_from else ""
        told = f"{len(seen.rows):,} of the {seen.read:,} rows read{place} match, {seen.total:,} in all"
        if query.is_of_payloads:
            told = f"payloads are looked into by a search only, {seen.total:,} jobs in all"
        self._near = (Part(f" filter: {told}", "warn"), Part(" · enter searches all", "dim"))

    async def _read_found(self, search: Search) -> None:
        await read_again(self.room.fleet, search, *self.table.in_sight)
        self._show_found(search)

    def _drop_search(self) -> None:
        if self._search:
            self._search.stop()
        self._search = None

    def _show_found(self, search: Search) -> None:
        if search is self._search:
            self.table.placeholder = ((), (Part("   looking …" if search.is_running else "   none was found", "dim"),))
            self.table.show_only(search.rows, search.at_ms)
            self._tell()

    @on(FilterLine.Left)
    def begin_search(self) -> None:
        """A filter that was typed to its end is looked for among all jobs."""
        if self.typed and not (self._search and self._search.typed == self.typed):
            self.run_worker(self.shielded(self._seek), group="search", exclusive=True)

    async def _seek(self) -> None:
        state, typed, query = self.state, self.typed, query_of(self.typed)
        job = await named(self.room.fleet, self._queue, query.likely_id) if query.likely_id else None
        if job is not None:
            self._filter.action_drop()
            self.room.open(JobDetail(job.queue, job.id))
        elif query.job_id:
            self.room.tell(f"There is no job {query.job_id}.")  # not in the note line: the next look writes there
        else:
            search = await begun(self.room.fleet, self._queue, state, query, typed)
            if state is self.state and typed == self.typed:
                self._search = search
                await seek(self.room.fleet, search, partial(self._show_found, search))

    def action_filter(self) -> None:
        """Let a filter be typed: it looks at the rows from those in sight on."""
        if not self.typed:
            self._filtered_from = self.table.wanted()[0]
        super().action_filter()

    def show_tab(self, state: State) -> None:
        """Begin with the first jobs of a state; marks and searches belong to the one before."""
        self._drop_search()
        self._filtered_from, self._near, self._marks = 0, (), Marks(self._queue, state)
        super().show_tab(state)

    # ------------------------------------------------------------------ what a key acts upon

    def meant(self) -> Sequence[Meant]:
        """The marked jobs, else that under the cursor; of the tab all that match, once they were seen; the queue."""
        row, marked = self.table.current, self._marks.selection
        every = marked or (self._matching() if self.table.total or self.typed else None)
        one = of_jobs(marked) if marked else None
        if one is None and row is not None:
            one = of_job(self._queue, row.id, self.state, settled=self.table.settled)
        jobs = (*((one,) if one else ()), *((of_jobs(every, every=True),) if every else ()))
        queue = of_queue(self._queue, self.queue_view(self.room.sight))
        return (*jobs, *queue, of_alerts_of(self._queue, self.room.alerting))

    def without_any(self) -> str:
        """An empty tab, or one that was not read yet."""
        return super().without_any() if self._unread else f"There are no {self.state} jobs of {self._queue}."

    def _matching(self) -> Selection | None:
        """All jobs of the tab that match what is asked for, as they were seen; None before that."""
        moment_ms = self._search.selection.moment_ms if self._search else self.table.at_ms
        try:
            return query_of(self.typed).selection(self._queue, self.state, moment_ms) if moment_ms else None
        except UsageError:
            return None

    def action_mark(self) -> None:
        """Mark the job under the cursor, or no longer, and go on."""
        row = self.table.current
        if self._marks.is_all:
            self.room.tell("All that match are marked already; esc clears the marks.")
        elif row is not None:
            self._marks.toggle(row.id)
            self.table.action_move(1)
            self._show_marks()

    def action_mark_all(self) -> None:
        """Mark all that match, as they stood when they were seen."""
        every = self._matching()
        if every is None or not self.table.total:
            self.room.tell("There are no jobs to be marked.", failed=True)
            return
        search = self._search
        number = f"{self.table.total:,} " if not self.typed or (search and search.is_whole) else ""
        matching = f" matching {self.typed}" if self.typed else ""
        counted = "" if number else " (they are counted before anything is done)"
        told = f"all {number}{self.state} jobs{matching}{counted}"
        self._marks.take_all(every, query_of(self.typed), told)
        self._show_marks()

    def _show_marks(self) -> None:
        self.table.repaint()
        self._tell()
        self.see_status(self.room.sight)

    def _is_marked(self, row: observe.JobRow) -> bool:
        return self._marks.covers(row, found=self._search is not None)

    async def _look_after_marks(self) -> None:
        """A mark goes with its job: those that have left the state are marked no more."""
        asked = self._marks.ids[:MARKS_KEPT]
        if asked:
            found = await self.room.fleet.observe(observe.rows, self._queue, self.state, asked)
            self._marks.forget(set(asked) - {row.id for row in found.rows})
            self._show_marks()

    def action_back(self) -> None:
        """One step back: the search is stopped first, then marks are cleared, then the filter is dropped."""
        if self._search and self._search.is_running:
            self._search.stop()
            self._show_found(self._search)
        elif self._marks:
            self._marks = Marks(self._queue, self.state)
            self._show_marks()
        else:
            super().action_back()
