"""One group of failures: what it is and whom it meets above, its jobs below; keys act on one of them or on all."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.errors import FailureNotFound, JobNotFound
from arqlight_core.observe import FailedJob, FailedJobs, FailureGroup, JobView, failed_jobs, failure, job
from arqlight_screens.columns import Column
from arqlight_screens.failure_columns import JOBS
from arqlight_screens.group_operations import OnGroup, first_queue, of_group
from arqlight_screens.group_story import group_story
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_job, of_queue
from arqlight_screens.operation_keys import on_job, on_queue, on_tab
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane


class FailureJobs(OnGroup, Listing[FailedJob]):
    """A group of failures and its jobs, as far as the newest of its queues have them."""

    NAME = "failure"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   no job of it is dead or retrying now, among the newest of its queues", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        *on_job(),
        *on_tab(),
        *on_queue(),
        *OPENING,
        FILTERING,
        Key("tab", "other_pane", "other pane", "to the story above, and back to the jobs", hinted=True),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    AUTO_FOCUS = "LineTable"
    FETCH_EVERY = 3.0

    def __init__(self, group: FailureGroup) -> None:
        self._group = group
        super().__init__()
        self._sample: JobView | None = None
        self._found: FailedJobs | None = None
        self.pane = TextPane(id="failure")

    def body(self) -> Iterable[Widget]:
        """The story, and the jobs."""
        return self.pane, self.table

    def columns(self) -> Sequence[Column[FailedJob]]:
        """What is told of each job; its queue only where there are several."""
        return [column for column in JOBS if len(self._group.queues) > 1 or column.name != "queue"]

    def key_of(self, row: FailedJob) -> str:
        """An id alone is a job's own only within its queue."""
        return f"{row.queue}\n{row.row.id}"

    async def read(self) -> Sequence[FailedJob]:
        """Ask for the group, its newest job and all that can be found of it."""
        fleet, group = self.room.fleet, self._group
        with suppress(FailureNotFound):  # forgotten meanwhile: what was known of it stays on the screen
            self._group = group = await fleet.observe(failure, group.fingerprint)
        try:
            self._sample = await fleet.observe(job, group.sample_job)
        except JobNotFound:
            self._sample = None
        self._found = await fleet.observe(failed_jobs, group.fingerprint, list(group.queues))
        return self._found.jobs

    def see(self, sight: Sight) -> None:
        """Draw the story as wide as there is room."""
        self.pane.show(group_story(self._group, self._sample, self.pane.room_for_text))
        super().see(sight)

    async def fetch(self) -> None:
        """Read all again, and say how far one looked."""
        await super().fetch()
        found = self._found
        if found and found.read < found.total and not self.filter_text:
            told = f" {len(found.jobs):,} of the group among the newest {found.read:,} of {found.total:,} failed jobs"
            self.note((Part(told, "dim"),))

    def on_resize(self) -> None:
        """Another width has room for other blocks."""
        self.call_after_refresh(lambda: self.see(self.room.sight))

    def row_opened(self, row: FailedJob) -> None:
        """Show the job."""
        self.room.open(JobDetail(row.queue, row.row.id))

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        return (Part(" / ", "dim"), Part("failures", "strong"), Part(" / ", "dim"), Part(self._group.title, "strong"))

    def trouble(self, sight: Sight) -> Line:
        """What can be done about the whole of it."""
        del sight
        if not self._group.dead:
            return (Part(" ✓ it has not ended a job: those that met it were tried again", "dim"),)
        queues = len(self._group.queues)
        where = f" in {queues} queues" if queues > 1 else ""
        return (Part(f" ^r retries all its dead jobs{where}, X purges them; tab: scroll the story", "dim"),)

    def action_other_pane(self) -> None:
        """Let the other pane have the keys that move."""
        (self.pane if self.table.has_focus else self.table).focus()

    def group_meant(self) -> FailureGroup | None:
        """This group."""
        return self._group

    def meant(self) -> Sequence[Meant]:
        """The job under the cursor, the whole group, and the queue of the job, or that of the group."""
        row, settled, view = self.table.current, self.table.settled, self.room.sight.view
        own = [of_job(row.queue, row.row.id, row.row.state, settled=settled)] if row else []
        queues = [row.queue] if row else first_queue(self._group)
        of_queues = [of_queue(name, view.queue(name) if view else None, settled=settled) for name in queues]
        return (*own, of_group(self._group), *(meant for queue in of_queues for meant in queue))
