"""Operations on many jobs: those under way first, how far each is, who wanted it and why, and what it left alone."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import BulkView, bulks
from arqlight_core.operations import Target
from arqlight_screens.bulk_columns import COLUMNS
from arqlight_screens.bulk_detail import BulkDetail
from arqlight_screens.columns import Column
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_bulk
from arqlight_screens.operation_keys import on_target
from arqlight_screens.sight import Sight


class Bulks(Listing[BulkView]):
    """The bulks of the last week, of all queues."""

    NAME = "bulks"
    FETCH_EVERY = 0.5
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   No operation on many jobs was asked for in the last week.", "strong"),),
        (),
        (Part("   In a queue, "), Part("^r", "strong"), Part(" retries and "), Part("X", "strong"), Part(" purges")),
        (Part("   all jobs of a tab; "), Part("a", "strong"), Part(" shows what else can be done.")),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *on_target(Target.BULK), FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def columns(self) -> Sequence[Column[BulkView]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: BulkView) -> str:
        """A bulk's id is its own."""
        return row.id

    async def read(self) -> Sequence[BulkView]:
        """Those under way first, then the newest."""
        views = await self.room.fleet.observe(bulks)
        return sorted(views, key=lambda view: view.is_over)

    def row_opened(self, row: BulkView) -> None:
        """All there is to know of it."""
        self.room.open(BulkDetail(row.id))

    def meant(self) -> Sequence[Meant]:
        """The bulk under the cursor."""
        row = self.table.current
        return (of_bulk(row, settled=self.table.settled),) if row else ()

    def trouble(self, sight: Sight) -> Line:
        """What stands still or has failed, or how many are under way."""
        del sight
        still = next((one for one in self._rows if one.state == "paused"), None)
        if still is not None:
            return (
                Part(f" ■ {still.operation} of {still.selection} is paused{_noted(still)}", "warn"),
                Part("  p on it resumes", "strong"),
            )
        failed = next((one for one in self._rows if one.state == "failed"), None)
        if failed is not None:
            return (Part(f" ✗ {failed.operation} of {failed.selection} failed{_noted(failed)}", "bad"),)
        under_way = sum(not one.is_over for one in self._rows)
        return (Part(f" ● {under_way} under way", "busy"),) if under_way else ()


def _noted(view: BulkView) -> str:
    return f": {view.note}" if view.note else ""
