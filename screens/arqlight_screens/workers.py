"""The processes that work: where they run, how they do, what each of them is asked for."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import WorkerView
from arqlight_screens.columns import Column
from arqlight_screens.figures import count
from arqlight_screens.findings import gravest
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_worker
from arqlight_screens.sight import Sight
from arqlight_screens.stopping import ON_WORKER, Stopping
from arqlight_screens.worker_columns import COLUMNS
from arqlight_screens.worker_detail import WorkerDetail


class Workers(Stopping, Listing[WorkerView]):
    """Every living worker."""

    NAME = "workers"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   No worker is running: what is queued waits.", "bad"),),
        (),
        (Part("   arqlight fleet  ", "strong"), Part("starts workers for the declared queues")),
        (Part("   arqlight work package.module.WorkerSettings  ", "strong"), Part("runs your arq worker")),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *ON_WORKER, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def columns(self) -> Sequence[Column[WorkerView]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: WorkerView) -> str:
        """A worker's name is its own."""
        return row.id

    async def read(self) -> Sequence[WorkerView]:
        """The fleet's view has them, the one that was heard of last at its end; here each keeps its place."""
        view = self.room.sight.view
        return sorted(view.workers, key=lambda one: one.id) if view else ()

    def row_opened(self, row: WorkerView) -> None:
        """All there is to know of it."""
        self.room.open(WorkerDetail(row.id))

    def meant(self) -> Sequence[Meant]:
        """The worker under the cursor."""
        row = self.table.current
        return (of_worker(row, settled=self.table.settled),) if row else ()

    def trouble(self, sight: Sight) -> Line:
        """The gravest of what is wrong with any of them."""
        return gravest(sight.view) if sight.view else ()

    def crumbs(self, sight: Sight) -> Line:
        """How many there are, and how much of what they can do they do."""
        view = sight.view
        if view is None:
            return super().crumbs(sight)
        running, capacity = (sum(getattr(one, what) for one in view.workers) for what in ("running", "capacity"))
        return (
            *super().crumbs(sight),
            Part(f"  {count(running)} of {count(capacity)} slots busy", "busy" if running else "dim"),
        )
