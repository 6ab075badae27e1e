"""One queue's jobs, a tab for each state: a list of any length that scrolls, and what can be done to its jobs."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow, QueueView, window
from arqlight_screens.alarms import line_of
from arqlight_screens.figures import count
from arqlight_screens.job_columns import job_columns
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import directed, fitting, on_job, on_queue, on_tab
from arqlight_screens.rows import PAGE
from arqlight_screens.sight import Sight
from arqlight_screens.tones import STATES
from arqlight_screens.widgets.job_table import JobTable
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.state_tabs import StateTabs

_FILTERED_PAGES = 8
"""How far a filter looks, from the page in sight on: it reads rows, and reading a million would hurt the server."""


def first_tab(queue: QueueView) -> State:
    """The state to look at first: where it hurts, else where the work is."""
    gravest = (State.DEAD, State.RETRYING, State.HELD, State.ACTIVE, State.WAITING, State.SCHEDULED, State.COMPLETED)
    stuck = queue.paused is not None or not queue.workers
    order = (State.WAITING, *gravest) if stuck else gravest
    return next((state for state in order if queue.counts[state]), State.WAITING)


class QueueJobs(Operating):
    """The jobs of one queue in one state at a time."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        *on_job(),
        *on_tab(),
        *on_queue(),
        FILTERING,
        *OPENING,
        Key("right,tab,right_square_bracket", "turn(1)", "next tab", "the next state"),
        Key("left,shift+tab,left_square_bracket", "turn(-1)", "previous tab", "the previous state"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, queue: str, state: State) -> None:
        super().__init__()
        self._queue = queue
        self.state = state
        """Whose tab is open."""
        self.tabs = StateTabs(id="tabs")
        self.table = JobTable(id="jobs")
        self._filtered_from = 0
        self._loading = False

    def body(self) -> Iterable[Widget]:
        """Tabs and a table."""
        return self.tabs, self.table

    def on_mount(self) -> None:
        """Show the chosen tab, empty at first."""
        self._show_tab(self.state)

    # ------------------------------------------------------------------ what is seen

    def see(self, sight: Sight) -> None:
        """Show the counts of every state."""
        queue = self._view(sight)
        if queue is not None:
            self.tabs.show(self.state, queue.counts)
        super().see(sight)

    def _view(self, sight: Sight) -> QueueView | None:
        return sight.view.queue(self._queue) if sight.view else None

    def crumbs(self, sight: Sight) -> Line:
        """The queue, and how it does."""
        queue = self._view(sight)
        told = f"  {count(queue.counts[State.ACTIVE])} of {queue.slots} slots busy" if queue else ""
        return (Part(" / ", "dim"), Part(self._queue, "strong"), Part(told, "dim"))

    def trouble(self, sight: Sight) -> Line:
        """The gravest alarm of this queue, else what it is for."""
        queue = self._view(sight)
        return line_of(queue, sight.view.at_ms) if sight.view and queue else ()

    def hints(self) -> Iterable[Key]:
        """The keys that fit the tab, as they act on this queue."""
        return directed(fitting(self.KEYS, self.state), self._view(self.room.sight))

    # ------------------------------------------------------------------ the list

    async def fetch(self) -> None:
        """Read the rows in sight again, or those that the filter looks at."""
        if self.filter_text:
            await self._read_filtered()
        else:
            state, (offset, limit) = self.state, self.table.wanted()
            seen = await self.room.fleet.observe(window, self._queue, state, offset, limit)
            if state is self.state and not self.filter_text:
                self.table.placeholder = self._nothing("no")
                self.table.put(seen, limit)
                self.note(())

    async def _read_filtered(self) -> None:
        state, wanted, found, read = self.state, self.filter_text, list[JobRow](), 0
        at_ms = total = 0
        for place in range(_FILTERED_PAGES):
            offset = self._filtered_from + place * PAGE
            seen = await self.room.fleet.observe(window, self._queue, state, offset, PAGE)
            at_ms, total, read = seen.at_ms, seen.total, read + len(seen.rows)
            found.extend(row for row in seen.rows if _contains(row, wanted))
            if len(seen.rows) < PAGE:
                break
        if state is self.state and wanted == self.filter_text:
            self.table.placeholder = self._nothing("none of the")
            self.table.show_only(found, at_ms)
            place = f" from row {self._filtered_from + 1:,} on" if self._filtered_from else ""
            told = f" filter: {len(found):,} of the {read:,} rows read{place} match; {total:,} jobs in all"
            self.note((Part(told, "warn"),))

    @on(JobTable.Lacks)
    def lacks(self) -> None:
        """Have missing pages read: one reading at a time, always of what is in sight by then."""
        if not self._loading:
            self._loading = True
            self.run_worker(self.shielded(self._load), group="pages")

    async def _load(self) -> None:
        try:
            for offset, limit in islice(iter(self.table.lacking, None), 8):
                state = self.state
                seen = await self.room.fleet.observe(window, self._queue, state, offset, limit)
                if state is not self.state or self.filter_text or not self.table.put(seen, limit):
                    break
        finally:
            self._loading = False

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Show the job under the cursor."""
        row = self.table.current
        if row is not None:
            self.room.open(JobDetail(self._queue, row.id))

    def action_turn(self, tabs: int) -> None:
        """Go to a neighbouring tab."""
        states = list(State)
        self._turn_to(states[(states.index(self.state) + tabs) % len(states)])

    def _turn_to(self, state: State) -> None:
        self._show_tab(state)
        self.see(self.room.sight)
        self.run_worker(self.refetch(), group="fetch")

    def _show_tab(self, state: State) -> None:
        self.state, self._filtered_from = state, 0
        self.table.show_columns(job_columns(self._queue, state))
        self.table.start_over(((), (Part("   reading …", "dim"),)))

    def _nothing(self, which: str) -> Sequence[Line]:
        glyph, _ = STATES[self.state]
        matching = " that were read match" if self.filter_text else ""
        return (), (Part(f"   {glyph} {which} {self.state} jobs{matching}", "dim"),)

    def action_filter(self) -> None:
        """Let a filter be typed: it looks at the rows from those in sight on."""
        if not self.filter_text:
            self._filtered_from = self.table.wanted()[0]
        super().action_filter()

    # ------------------------------------------------------------------ what a key acts upon

    def queue_meant(self) -> str | None:
        """This queue."""
        return self._queue

    def job_meant(self) -> tuple[str, State] | None:
        """The job under the cursor."""
        row = self.table.current
        return (row.id, self.state) if row else None

    def tab_meant(self) -> tuple[State, int] | None:
        """The chosen state, once its jobs were seen."""
        return (self.state, self.table.at_ms) if self.table.at_ms else None

    def job_settled(self) -> bool:
        """Whether the cursor's job has been there for a moment."""
        return self.table.settled


def _contains(row: JobRow, wanted: str) -> bool:
    return any(wanted in text.casefold() for text in (row.id, row.job_type, row.error, row.reason))
