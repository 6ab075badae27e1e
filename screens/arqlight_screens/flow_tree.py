"""One flow, live: which job queued which, how far each is, and when it waited and ran, on one axis of time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import FlowStep, FlowView, flow
from arqlight_screens.columns import Column
from arqlight_screens.figures import duration
from arqlight_screens.flow_columns import step_columns, tallied
from arqlight_screens.gantt import Axis
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_job, of_queue
from arqlight_screens.operation_keys import on_job, on_queue
from arqlight_screens.record_ways import TO_RECORD, fitting, go_to_record, way_of
from arqlight_screens.sight import Sight

STEPS = 300
"""Steps that are read, so that a look at a large flow costs no more than at a small one."""


class FlowTree(Listing[FlowStep]):
    """The tree of a correlation id."""

    NAME = "flow"
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *on_job(), *on_queue(), TO_RECORD, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 1.0

    def __init__(self, correlation_id: str) -> None:
        self._correlation_id = correlation_id
        self._seen: FlowView | None = None
        super().__init__()

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints this flow."""
        return "flow", self._correlation_id

    def columns(self) -> Sequence[Column[FlowStep]]:
        """What is told of each step; while the flow goes on, its axis ends now."""
        seen = self._seen
        return step_columns(Axis.of(seen.steps, seen.at_ms) if seen else Axis(0, 1))

    def key_of(self, row: FlowStep) -> str:
        """A step is its job."""
        return row.id

    async def read(self) -> Sequence[FlowStep]:
        """Ask for the tree."""
        self._seen = await self.room.fleet.observe(flow, self._correlation_id, STEPS)
        return self._seen.steps

    def row_opened(self, row: FlowStep) -> None:
        """Show the job, if it is kept."""
        if row.state is None:
            self.room.tell("Nothing of this job is kept any more.", failed=True)
        else:
            self.room.open(JobDetail(row.queue, row.id))

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = ("flows", self._correlation_id)
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def trouble(self, sight: Sight) -> Line:
        """How the flow does as a whole."""
        del sight
        seen = self._seen
        if seen is None:
            return ()
        states = Counter(step.state for step in seen.steps if step.state)
        axis = Axis.of(seen.steps, seen.at_ms)
        more = f"the first {len(seen.steps):,} of {seen.total:,} jobs  " if seen.total > len(seen.steps) else ""
        took = Part(f"{more}{duration(axis.last_ms - axis.first_ms)} from the first moment to the last", "dim")
        return (Part(" "), *tallied(states, len(seen.steps) - states.total()), took)

    def hints(self) -> Iterable[Key]:
        """The keys that fit the job under the cursor and the flow."""
        return fitting(super().hints(), way_of(self._job_types))

    @property
    def _job_types(self) -> Sequence[str]:
        return [step.job_type for step in self._rows]

    def action_record(self) -> None:
        """Go to the record that the flow is part of."""
        self.room.errands.run(go_to_record(self.room, self._job_types, self._correlation_id))

    def meant(self) -> Sequence[Meant]:
        """The job under the cursor, and its queue."""
        step, settled, view = self.table.current, self.table.settled, self.room.sight.view
        if step is None or step.state is None:
            return ()
        queue = of_queue(step.queue, view.queue(step.queue) if view else None, settled=settled)
        return (of_job(step.queue, step.id, step.state, settled=settled), *queue)
