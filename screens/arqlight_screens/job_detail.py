"""One job, whole and live: why it is where it is, what it was given, and how every attempt went."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.jobs import State
from arqlight_core.observe import JobView, QueueView, why
from arqlight_screens.alarms import line_of
from arqlight_screens.job_columns import own_id
from arqlight_screens.job_story import story
from arqlight_screens.keymap import LEAVING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import directed, fitting, on_job, on_queue
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane


class JobDetail(Operating):
    """The story of one job; it goes on being told until the job is forgotten."""

    KEYS: ClassVar[tuple[Key, ...]] = (*on_job(), *on_queue())
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, queue: str, job_id: str) -> None:
        super().__init__()
        self._queue, self._job_id = queue, job_id
        self._job: JobView | None = None
        self._pane = TextPane(id="story")

    def body(self) -> Iterable[Widget]:
        """One pane."""
        return (self._pane,)

    async def fetch(self) -> None:
        """Read the job again."""
        told = await self.room.fleet.observe(why, self._job_id)
        self._job = told.job
        self._pane.show(story(told))
        self.note(())
        self.see_status(self.room.sight)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = [self._queue, *([self._job.state.value] if self._job else []), own_id(self._job_id, self._queue)]
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def trouble(self, sight: Sight) -> Line:
        """The gravest alarm of the job's queue, else what the queue is for."""
        queue = self._view()
        return line_of(queue, sight.view.at_ms) if sight.view and queue else ()

    def _view(self) -> QueueView | None:
        view = self.room.sight.view
        return view.queue(self._queue) if view else None

    def hints(self) -> Iterable[Key]:
        """The keys that fit the job's state."""
        state = self._job.state if self._job else State.ACTIVE
        return directed(fitting(self.KEYS, state), self._view())

    def queue_meant(self) -> str | None:
        """The job's queue."""
        return self._queue

    def job_meant(self) -> tuple[str, State] | None:
        """This job, in the state in which it was seen."""
        return (self._job_id, self._job.state) if self._job else None
