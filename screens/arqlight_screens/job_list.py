"""A window over one queue's jobs, a tab for each state: a million of them scroll, and only what is seen is read."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import ClassVar

from textual import on
from textual.widget import Widget

from arqlight_core import observe
from arqlight_core.jobs import State
from arqlight_core.observe import JobRow, QueueView
from arqlight_screens.alarms import line_of
from arqlight_screens.columns import Column
from arqlight_screens.copies import Copied
from arqlight_screens.exporting import Exported
from arqlight_screens.figures import count
from arqlight_screens.job_columns import job_columns
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import OPENING, Key
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.sight import Sight
from arqlight_screens.tones import STATES
from arqlight_screens.widgets.job_table import JobTable
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.state_tabs import StateTabs

EXPORT_PAGE = 250
"""Jobs that are read at a time for an export: some milliseconds of the server's time."""


class JobList(Operating):
    """The jobs of one queue in one state at a time."""

    TURNING: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        Key("right,tab,right_square_bracket", "turn(1)", "next tab", "the next state"),
        Key("left,shift+tab,left_square_bracket", "turn(-1)", "previous tab", "the previous state"),
    )

    def __init__(self, queue: str, state: State) -> None:
        super().__init__()
        self._queue = queue
        self.state = state
        """Whose tab is open."""
        self.tabs = StateTabs(id="tabs")
        self.table = JobTable(id="jobs")
        self._loading, self._unread = False, True

    def body(self) -> Iterable[Widget]:
        """Tabs and a table."""
        return self.tabs, self.table

    def on_mount(self) -> None:
        """Show the chosen tab, empty at first."""
        self.show_tab(self.state)

    # ------------------------------------------------------------------ what is seen

    def see(self, sight: Sight) -> None:
        """Show the counts of every state."""
        queue = self.queue_view(sight)
        if queue is not None:
            self.tabs.show(self.state, queue.counts)
        self.table.show_columns(self.as_wanted(self.columns()))
        if self._unread:
            self.table.placeholder = (), self.reading()
            self.table.repaint()
        super().see(sight)

    @property
    def can_open(self) -> bool:
        """Whether the cursor stands on a row."""
        return self.table.current is not None

    def queue_view(self, sight: Sight) -> QueueView | None:
        """The queue, as it was seen."""
        return sight.view.queue(self._queue) if sight.view else None

    def crumbs(self, sight: Sight) -> Line:
        """The queue, and how it does."""
        queue = self.queue_view(sight)
        told = f"  {count(queue.counts[State.ACTIVE])} of {queue.slots} slots busy" if queue else ""
        return (Part(" / ", "dim"), Part(self._queue, "strong"), Part(told, "dim"))

    def trouble(self, sight: Sight) -> Line:
        """The gravest alarm of this queue, else what it is for."""
        queue = self.queue_view(sight)
        return line_of(queue, sight.view.at_ms, self.room.alerting) if sight.view and queue else ()

    # ------------------------------------------------------------------ the table as it is wanted

    def columns(self) -> Sequence[Column[JobRow]]:
        """What is told of a job in this state."""
        return job_columns(self._queue, self.state)

    @property
    def kept_as(self) -> str:
        """Each state has columns of its own, whichever queue it is."""
        return f"jobs {self.state}"

    @property
    def called(self) -> str:
        """The queue and the state."""
        return f"{self._queue}-{self.state}"

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints these jobs."""
        return "jobs", self._queue, "--state", self.state

    def copies(self) -> Sequence[Copied]:
        """What can be copied of the job under the cursor."""
        row = self.table.current
        if row is None:
            return super().copies()
        id_, *others = super().copies()
        why = [Copied("error", row.error)] if row.error else []
        return [id_, *why, Copied("job as a command", self.as_command(["job", row.id])), *others]

    async def exported(self, most: int) -> Exported | None:
        """The jobs as they are filtered; without a filter they are read for it, so many at most."""
        if self.typed:
            return await super().exported(most)
        state, rows, seen = self.state, list[JobRow](), None
        for offset in range(0, most, EXPORT_PAGE):
            seen = await self.room.fleet.observe(observe.window, self._queue, state, offset, EXPORT_PAGE)
            rows += seen.rows
            if len(seen.rows) < EXPORT_PAGE:
                break
        at_ms, total = (seen.at_ms, seen.total) if seen else (self.now_ms, 0)
        return Exported(self.as_wanted(self.columns()), rows, total, at_ms)

    # ------------------------------------------------------------------ the list

    @property
    def typed(self) -> str:
        """What is asked for in the filter's line."""
        return self._filter.value.strip()

    async def read_all(self) -> bool:
        """Read the rows in sight again; answers whether there are more or fewer jobs than before."""
        state, (offset, limit) = self.state, self.table.wanted()
        seen = await self.room.fleet.observe(observe.window, self._queue, state, offset, limit)
        if state is not self.state or self.typed:
            return False
        moved = seen.total != self.table.total
        self.table.placeholder, self._unread = self.nothing("no"), False
        self.table.put(seen, limit)
        return moved

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
                seen = await self.room.fleet.observe(observe.window, self._queue, state, offset, limit)
                if state is not self.state or self.typed or not self.table.put(seen, limit):
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

    @on(StateTabs.Chosen)
    def tab_chosen(self, event: StateTabs.Chosen) -> None:
        """Go to the tab that was clicked on."""
        self._turn_to(event.state)

    def _turn_to(self, state: State) -> None:
        self.show_tab(state)
        self.see(self.room.sight)
        self.run_worker(self.refetch(), group="fetch")

    def show_tab(self, state: State) -> None:
        """Begin with the first jobs of a state."""
        self.state = state
        self.table.show_columns(self.as_wanted(self.columns()))
        self._unread = True
        self.table.start_over(((), self.reading()))

    def nothing(self, which: str) -> Sequence[Line]:
        """What stands in place of rows."""
        glyph, _ = STATES[self.state]
        matching = " that were read match" if self.typed else ""
        return (), (Part(f"   {glyph} {which} {self.state} jobs{matching}", "dim"),)
