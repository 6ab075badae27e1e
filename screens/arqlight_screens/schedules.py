"""What runs by the clock: when next, what became of it last time, and what the next day holds."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import ScheduleView, schedules
from arqlight_core.operations import Target
from arqlight_screens.columns import Column
from arqlight_screens.figures import age
from arqlight_screens.forecast import WIDE_ENOUGH, busiest, forecast, forecast_of
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_schedule
from arqlight_screens.operation_keys import on_target
from arqlight_screens.schedule_columns import COLUMNS
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane

_FORECAST = 3


class Schedules(Listing[ScheduleView]):
    """Every declared schedule; a wide terminal has room for when they run in the next day."""

    NAME = "schedules"
    AUTO_FOCUS = "LineTable"
    FETCH_EVERY = 1.0
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   No schedule is known yet.", "strong"),),
        (),
        (Part("   A fleet tells of those that its queues declare: "), Part("arqlight fleet", "strong")),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *on_target(Target.SCHEDULE), FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._forecast = TextPane(id="forecast")
        self._forecast.can_focus = False
        self._forecast.styles.height = _FORECAST
        self._forecast.display = False

    def body(self) -> Iterable[Widget]:
        """The forecast, and the table."""
        return (self._forecast, self.table)

    def columns(self) -> Sequence[Column[ScheduleView]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: ScheduleView) -> str:
        """A schedule's name is its own."""
        return row.name

    async def read(self) -> Sequence[ScheduleView]:
        """Ask for them, and find out when they run: that may take a moment."""
        views = await self.room.fleet.observe(schedules)
        if self._has_room:
            await asyncio.to_thread(lambda: [forecast_of(view) for view in views])
        return views

    @property
    def _has_room(self) -> bool:
        return self.size.width >= WIDE_ENOUGH

    def see_status(self, sight: Sight) -> None:
        """The forecast tells of the row under the cursor."""
        super().see_status(sight)
        lines = forecast(self._rows, self.table.current) if self._has_room else ()
        self._forecast.display = bool(lines)
        self._forecast.show(lines)

    def crumbs(self, sight: Sight) -> Line:
        """How many there are, and when the most of them run."""
        told = f"  {busiest(self._rows)}" if self._rows and self._has_room else ""
        return (*super().crumbs(sight), Part(told, "dim"))

    def row_opened(self, row: ScheduleView) -> None:
        """The last job."""
        if row.last_job and row.last_state:
            self.room.open(JobDetail(row.queue, row.last_job))
        else:
            why = "nothing of its last job is kept" if row.last_job else "it has not run yet"
            self.room.tell(f"{row.name}: {why}.", failed=True)

    def meant(self) -> Sequence[Meant]:
        """The schedule under the cursor."""
        row = self.table.current
        return (of_schedule(row, settled=self.table.settled),) if row else ()

    def trouble(self, sight: Sight) -> Line:
        """The first that nobody looks after, whose last job failed, or that is paused."""
        del sight
        for condition, told in _TROUBLES.items():
            wrong = [view for view in self._rows if view.condition == condition]
            if wrong:
                return _trouble(wrong, told)
        return ()


_TROUBLES = {
    "no worker": ("nobody looks after it", "start `arqlight fleet`"),
    "last failed": ("its last job is dead", "enter shows why"),
    "paused": ("is paused", "p resumes"),
}


def _trouble(wrong: Sequence[ScheduleView], told: tuple[str, str]) -> Line:
    view, (what, remedy) = wrong[0], told
    by = f" by {view.paused.by} {age(view.at_ms - view.paused.at_ms)} ago" if view.paused else ""
    more = f"  +{len(wrong) - 1} more" if len(wrong) > 1 else ""
    tone = "warn" if view.paused else "bad"
    return (Part(f" ! {view.name}: {what}{by}", tone), Part(f"  {remedy}", "strong"), Part(more, "dim"))
