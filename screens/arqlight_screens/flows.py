"""Flows: jobs that one correlation id ties together, those begun last first, as far as the newest jobs tell of them."""

from collections.abc import Sequence
from typing import ClassVar

from arqlight_core.observe import FlowRow, FlowsView, flows
from arqlight_screens.columns import Column
from arqlight_screens.figures import count
from arqlight_screens.flow_columns import FLOWS
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.sight import Sight


class Flows(Listing[FlowRow]):
    """The flows of the newest jobs; the filter also finds any other by its whole correlation id."""

    NAME = "flows"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   None of the newest jobs belongs to a flow."),),
        (),
        (Part("   Jobs that were queued with one correlation id, or by each other, are a flow.", "dim"),),
        (Part("   An older one is found by its whole correlation id: press /", "dim"),),
    )
    FETCH_EVERY = 5.0

    def __init__(self) -> None:
        super().__init__()
        self._seen: FlowsView | None = None

    def columns(self) -> Sequence[Column[FlowRow]]:
        """What is told of each."""
        return FLOWS

    def key_of(self, row: FlowRow) -> str:
        """A flow is known by its correlation id."""
        return row.correlation_id

    async def read(self) -> Sequence[FlowRow]:
        """Ask for the flows of the newest jobs, and for the one that the filter may name."""
        view = self.room.sight.view
        if view is None:
            return ()
        self._seen = await self.room.fleet.observe(flows, view, self._filter.value.strip())
        return self._seen.rows

    def row_opened(self, row: FlowRow) -> None:
        """Show the tree."""
        self.room.open(FlowTree(row.correlation_id))

    def crumbs(self, sight: Sight) -> Line:
        """How many are under way."""
        going = sum(not row.ended_ms for row in self._rows)
        told = f"  {len(self._rows):,} recent, {going:,} under way" if self._rows else ""
        return (*super().crumbs(sight)[:2], Part(told, "dim"))

    def trouble(self, sight: Sight) -> Line:
        """What the list covers."""
        del sight
        seen = self._seen
        if seen is None or seen.read >= seen.total:
            return ()
        told = f" of the newest {count(seen.read)} of {count(seen.total)} jobs; "
        return (Part(told, "dim"), Part("/ finds any flow by its whole correlation id", "dim"))
