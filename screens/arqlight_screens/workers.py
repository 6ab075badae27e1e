"""The processes that work: where they run, how they do, and what each of them has in hand."""

from collections.abc import Sequence
from typing import ClassVar

from arqlight_core.observe import WorkerView
from arqlight_screens.columns import Column
from arqlight_screens.figures import age
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing

_COLUMNS = (
    Column[WorkerView]("worker", 16, lambda one, _: Part(one.id, "strong"), 1, 40, order=lambda one: one.id),
    Column[WorkerView]("state", 8, lambda one, _: Part(one.state), 1, order=lambda one: one.state),
    Column[WorkerView]("host", 12, lambda one, _: Part(one.host), 3, 30, order=lambda one: one.host),
    Column[WorkerView]("up", 5, lambda one, now: Part(age(now - one.started_ms)), 2, right=True),
)


class Workers(Listing[WorkerView]):
    """Every living worker."""

    NAME = "workers"
    NOTHING: ClassVar[Sequence[Line]] = ((Part("   No worker is running: start `arqlight fleet`.", "bad"),),)

    def columns(self) -> Sequence[Column[WorkerView]]:
        """What is told of each."""
        return _COLUMNS

    def key_of(self, row: WorkerView) -> str:
        """A worker's name is its own."""
        return row.id

    async def read(self) -> Sequence[WorkerView]:
        """The fleet's view has them."""
        view = self.room.sight.view
        return view.workers if view else ()
