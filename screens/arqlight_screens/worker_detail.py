"""One worker process, whole and live: what it runs, the queues it serves, its loops, and what it knows."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import WorkerView
from arqlight_screens.columns import Column
from arqlight_screens.figures import time_of_day
from arqlight_screens.findings import gravest
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_worker
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.sight import Sight
from arqlight_screens.stopping import ON_WORKER, Stopping
from arqlight_screens.widgets.text_pane import TextPane
from arqlight_screens.worker_rows import COLUMNS, Row, facts_of, rows_of

_FACTS = 3


class WorkerDetail(Stopping, Listing[Row]):
    """What one worker has in hand. When it has gone, what was seen of it last stays."""

    NAME = "worker"
    AUTO_FOCUS = "LineTable"
    NOTHING: ClassVar[Sequence[Line]] = ((Part("   This worker has gone; `esc` leads back to those that live."),),)
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *ON_WORKER, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, worker_id: str) -> None:
        super().__init__()
        self._worker_id = worker_id
        self._worker: WorkerView | None = None
        self._facts = TextPane(id="facts")
        self._facts.can_focus = False
        self._facts.styles.height = _FACTS

    def body(self) -> Iterable[Widget]:
        """The process in three lines, and the table."""
        return (self._facts, self.table)

    def columns(self) -> Sequence[Column[Row]]:
        """What is told of each row."""
        return COLUMNS

    def key_of(self, row: Row) -> str:
        """A job by its id, everything else by its name."""
        return row.key

    async def read(self) -> Sequence[Row]:
        """The fleet's view has it, as long as it lives."""
        self._worker = self._seen(self.room.sight) or self._worker
        return rows_of(self._worker, self.now_ms) if self._worker else ()

    def see(self, sight: Sight) -> None:
        """Show how the process does."""
        worker = self._seen(sight) or self._worker
        if worker and sight.view:
            self._facts.show(list(facts_of(worker, sight.view.at_ms)))
        super().see(sight)

    def _seen(self, sight: Sight) -> WorkerView | None:
        return next((one for one in sight.view.workers if one.id == self._worker_id), None) if sight.view else None

    def row_opened(self, row: Row) -> None:
        """The job, or the queue."""
        view = self.room.sight.view
        queue = view.queue(row.queue) if view and row.queue else None
        if row.job:
            self.room.open(JobDetail(row.queue, row.job))
        elif queue is not None:
            self.room.open(QueueJobs(queue.name, first_tab(queue)))

    def meant(self) -> Sequence[Meant]:
        """This worker, while it lives."""
        worker = self._seen(self.room.sight)
        return (of_worker(worker),) if worker else ()

    def trouble(self, sight: Sight) -> Line:
        """What is wrong with it first."""
        if sight.view is None:
            return ()
        if self._seen(sight) is None and self._worker:
            return (Part(f" ✗ this worker has gone: last heard of at {time_of_day(self._worker.beat_ms)}", "bad"),)
        return gravest(sight.view, self._worker_id)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        return (Part(" / ", "dim"), Part("workers", "strong"), Part(" / ", "dim"), Part(self._worker_id, "strong"))
