"""One job, whole and live, in sections: why it is where it is, what it was given, how it fared, whose it is."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core import observe
from arqlight_core.observe import Family, History, JobView, Kin, QueueView, Why
from arqlight_core.operations import Target
from arqlight_screens.alarms import line_of
from arqlight_screens.copies import Copied, as_json
from arqlight_screens.job_attempts import attempts
from arqlight_screens.job_columns import own_id
from arqlight_screens.job_commands import commands
from arqlight_screens.job_family import id_of, kin_columns
from arqlight_screens.job_history import history_lines
from arqlight_screens.job_progress import progress_line
from arqlight_screens.job_story import log_lines, payload_lines, story
from arqlight_screens.keymap import LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.meant import Meant, of_job, of_queue
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import on_queue, on_target
from arqlight_screens.record_ways import TO_RECORD, fitting, go_to_record, way_of
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.section_tabs import SectionTabs
from arqlight_screens.widgets.text_pane import TextPane

SECTIONS = ("story", "payload", "attempts", "log", "family", "history")
REVEALING = Key(
    "v",
    "reveal",
    "reveal",
    "show the sensitive fields of the payload, which the audit trail keeps; again: hide them",
    hinted=True,
    operations=("reveal",),
)
_NO_KIN: Sequence[Line] = ((), (Part("   it has neither parent nor children, as far as is kept", "dim"),))


class KinTable(LineTable[Kin]):
    """The job's relatives."""


class JobDetail(Operating):
    """One job; it goes on being told until it is forgotten."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        *on_target(Target.JOBS),
        REVEALING,
        TO_RECORD,
        *OPENING,
        Key("right,tab,right_square_bracket", "turn(1)", "next section", "the next section", hinted=True),
        Key("left,shift+tab,left_square_bracket", "turn(-1)", "previous section", "the previous section"),
        *on_queue(),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, queue: str, job_id: str) -> None:
        super().__init__()
        self._queue, self._job_id = queue, job_id
        self._told: Why | None = None
        self._revealed: Any = None
        self._history: History | None = None
        self._family: Family | None = None
        self.section = SECTIONS[0]
        """Which section is shown."""
        self._tabs = SectionTabs(SECTIONS, id="sections")
        self._pane = TextPane(id="story")
        self.table = KinTable(kin_columns(queue), id_of, id="family")
        self.table.display = False

    def body(self) -> Iterable[Widget]:
        """The sections' names, and the one that is chosen."""
        return self._tabs, self.table, self._pane

    @property
    def _job(self) -> JobView | None:
        return self._told.job if self._told else None

    # ------------------------------------------------------------------ what is seen

    async def fetch(self) -> None:
        """Read the job again, and what the chosen section wants beside it."""
        section = self.section
        self._told = await self.room.fleet.observe(observe.why, self._job_id)
        self.note(())
        self._show()
        if section == "history":
            self._history = await self.room.fleet.observe(observe.history, self._job_id)
            self._show()
        elif section == "family":
            self._family = await self.room.fleet.observe(observe.family, self._job_id)
            self._show()

    def _show(self) -> None:
        job = self._job
        self._tabs.show(self.section, _sizes(job))
        self.table.display, self._pane.display = self.section == "family", self.section != "family"
        if self._family:
            self.table.placeholder = _NO_KIN
            self.table.show(Listed(self._family.kin, id_of), job.at_ms if job else 0)
        if self._told is not None:
            self._pane.show(self._lines(self._told), tail=self.section == "log")
        self.see_status(self.room.sight)

    def _lines(self, told: Why) -> Sequence[Line]:
        job = told.job
        match self.section:
            case "payload":
                return list(payload_lines(job, self._revealed))
            case "attempts":
                return list(attempts(job, self._versions(), self._pane.room_for_text))
            case "log":
                return [(), *filter(None, [progress_line(job)]), *log_lines(job)]
            case "history":
                return list(history_lines(self._history)) if self._history else [(), self.reading()]
            case _:
                return story(told)

    def _versions(self) -> Mapping[str, str]:
        view = self.room.sight.view
        return {one.id: one.version for one in view.workers} if view else {}

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = [self._queue, *([self._job.state.value] if self._job else []), own_id(self._job_id, self._queue)]
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def trouble(self, sight: Sight) -> Line:
        """The gravest alarm of the job's queue, else what the queue is for."""
        queue = self._view()
        return line_of(queue, sight.view.at_ms, self.room.alerting) if sight.view and queue else ()

    def _view(self) -> QueueView | None:
        view = self.room.sight.view
        return view.queue(self._queue) if view else None

    def hints(self) -> Iterable[Key]:
        """The keys that fit the job's state and the section."""
        elsewhere = {"open": "family", "reveal": "payload"}
        keys = [key for key in super().hints() if elsewhere.get(key.action, self.section) == self.section]
        return fitting(keys, way_of(self._job_types))

    @property
    def _job_types(self) -> Sequence[str]:
        return [self._job.job_type] if self._job else ()

    # ------------------------------------------------------------------ keys

    def action_turn(self, sections: int) -> None:
        """Go to a neighbouring section; what was revealed is hidden again."""
        self._turn_to(SECTIONS[(SECTIONS.index(self.section) + sections) % len(SECTIONS)])

    @on(SectionTabs.Chosen)
    def section_chosen(self, event: SectionTabs.Chosen) -> None:
        """Go to the section that was clicked on."""
        self._turn_to(event.section)

    def _turn_to(self, section: str) -> None:
        self.section, self._revealed = section, None
        self._pane.start_over()
        self._show()
        (self.table if section == "family" else self._pane).focus()
        self.run_worker(self.refetch(), group="fetch")

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Show the relative under the cursor."""
        kin = self.table.current
        if kin is not None and kin.state is not None:
            self.room.open(JobDetail(kin.queue, kin.id))

    def action_record(self) -> None:
        """Go to the record that the job is part of."""
        flow = self._job.correlation_id if self._job else ""
        self.room.errands.run(go_to_record(self.room, self._job_types, flow))

    def action_reveal(self) -> None:
        """Show what is masked of the payload, or hide it again."""
        if self._revealed is None:
            self.do(self._reveal())
        else:
            self._turn_to("payload")

    async def _reveal(self) -> None:
        report = await self.room.carry_out("reveal", job_id=self._job_id)
        if report is not None:
            self._turn_to("payload")
            self._revealed = report.revealed
            self._show()

    def copies(self) -> Sequence[Copied]:
        """What can be copied of the job: what it is, what it was given, what went wrong, and the commands for it."""
        job = self._job
        if job is None or self._told is None:
            return ()
        failures = [Copied("last error", f"{one.error}: {one.message}\n{one.traceback}") for one in job.failures[-1:]]
        return [
            Copied("id", job.id),
            Copied("why it is so", self._told.line),
            Copied("payload as JSON", as_json(job.payload)),
            *failures,
            Copied("job as JSON", as_json(job)),
            *(Copied("as a command", self.as_command(shlex.split(command)[1:])) for command in commands(job)),
        ]

    @property
    def called(self) -> str:
        """The job."""
        return own_id(self._job_id, self._queue)

    def meant(self) -> Sequence[Meant]:
        """This job, in the state in which it was seen, and its queue."""
        one = (of_job(self._queue, self._job_id, self._job.state),) if self._job else ()
        return (*one, *of_queue(self._queue, self._view()))


def _sizes(job: JobView | None) -> dict[str, str]:
    """How much there is in each section, where that tells something."""
    if job is None:
        return {}
    kin = bool(job.parent) + bool(job.origin) + (job.flow.tally.total if job.flow else 0)
    sizes = {"attempts": len(job.failures), "log": len(job.log), "family": kin}
    return {section: f"{size:,}" for section, size in sizes.items() if size}
