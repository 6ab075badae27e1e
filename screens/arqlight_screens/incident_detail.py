"""One incident, whole and live: the machine with its way, and in sections what happened, was found, tried and told."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.incidents import (
    EVIDENCE,
    HEALTH,
    INCIDENT,
    REPORT,
    Fact,
    HealthLook,
    IncidentRow,
    IncidentView,
    Move,
)
from arqlight_core.observe import FlowStep, FlowView, flow
from arqlight_screens.columns import Column
from arqlight_screens.flow_columns import step_columns
from arqlight_screens.flow_tree import STEPS, FlowTree
from arqlight_screens.gantt import Axis
from arqlight_screens.incident_columns import TIMELINE
from arqlight_screens.incident_ending import GIVING_UP, Ending
from arqlight_screens.incident_machine import machine
from arqlight_screens.incident_story import facts, found, health_lines, report_lines, standing, treated
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_block import LineBlock
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.section_tabs import SectionTabs
from arqlight_screens.widgets.text_pane import TextPane

SECTIONS = ("timeline", "evidence", "fixes", "health", "jobs", "report")
_TABLES = ("timeline", "jobs")
TO_FLOW = Key("b", "flow", "flow", "all its jobs as a tree, on one axis of time", hinted=True)


def _move_key(move: Move) -> str:
    return str(move.number)


def _step_key(step: FlowStep) -> str:
    return step.id


class IncidentDetail(Ending):
    """One incident. What it was seen as last stays while the records are away."""

    NAME = "incident"
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        Key("right,tab,right_square_bracket", "turn(1)", "next section", "the next section", hinted=True),
        Key("left,shift+tab,left_square_bracket", "turn(-1)", "previous section", "the previous section"),
        TO_FLOW,
        GIVING_UP,
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 2.0

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self._incident_id = incident_id
        self._view: IncidentView | None = None
        self._evidence: Sequence[Fact] | None = None
        self._looks: Sequence[HealthLook] | None = None
        self._report: str | None = None
        self._flow: FlowView | None = None
        self.section = SECTIONS[0]
        """Which section is shown."""
        self._machine = LineBlock(id="machine")
        self._tabs = SectionTabs(SECTIONS, id="sections")
        self._pane = TextPane(id="story")
        self._jobs: LineTable[FlowStep] = LineTable(step_columns(Axis(0, 1)), _step_key, id="jobs")
        self._timeline: LineTable[Move] = LineTable(TIMELINE, _move_key, id="timeline")
        self._jobs.display = self._pane.display = False

    def body(self) -> Iterable[Widget]:
        """The machine, the sections' names, and the one that is chosen."""
        return self._machine, self._tabs, self._timeline, self._jobs, self._pane

    # ------------------------------------------------------------------ what is seen

    async def fetch(self) -> None:
        """Read the incident again, and what the chosen section wants beside it."""
        try:
            self._view = await self.room.fleet.told(INCIDENT, incident_id=self._incident_id)
            self.note(())
            self._show()
            await self._fetch_section()
        finally:  # its jobs can be told while the records are away
            await self._fetch_jobs()
            self._show()

    async def _fetch_section(self) -> None:
        told = self.room.fleet.told
        match self.section:
            case "evidence":
                self._evidence = await told(EVIDENCE, incident_id=self._incident_id)
            case "health":
                self._looks = await told(HEALTH, incident_id=self._incident_id)
            case "report":
                self._report = await told(REPORT, incident_id=self._incident_id)
            case _:
                pass

    async def _fetch_jobs(self) -> None:
        if self.section == "jobs" and self._view is not None:
            self._flow = await self.room.fleet.observe(flow, self._view.incident.correlation_id, STEPS)

    def see(self, sight: Sight) -> None:
        """Ages grow with every look at the fleet."""
        self._show()
        super().see(sight)

    def _show(self) -> None:
        self._tabs.show(self.section, _sizes(self._view))
        self._pane.display = self.section not in _TABLES
        self._timeline.display, self._jobs.display = self.section == "timeline", self.section == "jobs"
        view = self._view
        if view is not None:
            self._machine.show([facts(view.incident, self.now_ms), *machine(view.moves, view.incident.phase)])
        self._show_timeline()
        self._show_jobs()
        self._pane.show([(), self.reading()] if view is None else list(self._lines(view)))
        self.see_status(self.room.sight)

    def _show_timeline(self) -> None:
        moves = self._view.moves if self._view else ()
        waits = (Part("   it has not moved yet: a worker takes it up", "dim"),)
        self._timeline.placeholder = ((), self.reading() if self._view is None else waits)
        self._timeline.show_columns(self.as_wanted(TIMELINE))
        self._timeline.show(Listed(moves, _move_key), self.now_ms)

    def _show_jobs(self) -> None:
        seen = self._flow
        self._jobs.placeholder = ((), self.reading())
        self._jobs.show_columns(self._job_columns())
        self._jobs.show(Listed(seen.steps if seen else (), _step_key), self.now_ms)

    def _job_columns(self) -> Sequence[Column[FlowStep]]:
        seen = self._flow
        return self.as_wanted(step_columns(Axis.of(seen.steps, seen.at_ms) if seen else Axis(0, 1)))

    def _lines(self, view: IncidentView) -> Iterable[Line]:
        match self.section:
            case "fixes":
                return treated(view)
            case "health":
                return health_lines(self._looks, self._pane.room_for_text, self.now_ms)
            case "report":
                return report_lines(view, self._report)
            case _:
                return found(view, self._evidence)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = ("incidents", *([self._view.incident.site] if self._view else []), self._incident_id)
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def trouble(self, sight: Sight) -> Line:
        """Where it is, and what bounds it."""
        del sight
        return standing(self._view.incident, self.now_ms) if self._view else ()

    def hints(self) -> Iterable[Key]:
        """The keys that fit the section and the state."""
        where = {OPENING[0].action: _TABLES, TO_FLOW.action: ("jobs",)}
        return [key for key in super().hints() if self.section in where.get(key.action, SECTIONS)]

    # ------------------------------------------------------------------ its tables

    @property
    def kept_as(self) -> str:
        """Each of its tables is arranged by itself."""
        return f"incident {self.section}"

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints this incident."""
        return "incident", "show", self._incident_id

    @property
    def table_meant(self) -> LineTable[Any] | None:
        """The table of the section, where it has one."""
        return {"timeline": self._timeline, "jobs": self._jobs}.get(self.section)

    def columns(self) -> Sequence[Column[Any]]:
        """The columns of the section's table."""
        return {"timeline": TIMELINE, "jobs": step_columns(Axis(0, 1))}.get(self.section, ())

    def focus_body(self) -> None:
        """Give the keys to the section."""
        (self.table_meant or self._pane).focus()

    # ------------------------------------------------------------------ keys

    def action_turn(self, sections: int) -> None:
        """Go to a neighbouring section."""
        self._turn_to(SECTIONS[(SECTIONS.index(self.section) + sections) % len(SECTIONS)])

    @on(SectionTabs.Chosen)
    def section_chosen(self, event: SectionTabs.Chosen) -> None:
        """Go to the section that was clicked on."""
        self._turn_to(event.section)

    def _turn_to(self, section: str) -> None:
        self.section = section
        self._pane.start_over()
        self._show()
        self.focus_body()
        self.run_worker(self.refetch(), group="fetch")

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Show the job that made the step, or the one under the cursor."""
        move, step = self._timeline.current, self._jobs.current
        if self.section == "timeline" and move is not None:
            self.room.open(JobDetail(_queue_in(move.job_id), move.job_id))
        elif self.section == "jobs" and step is not None and step.state is not None:
            self.room.open(JobDetail(step.queue, step.id))
        elif self.section == "jobs":
            self.room.tell("Nothing of this job is kept any more.", failed=True)

    def action_flow(self) -> None:
        """Show its jobs as a tree."""
        if self._view is not None:
            self.room.open(FlowTree(self._view.incident.correlation_id))

    def ending(self) -> IncidentRow | None:
        """This one."""
        return self._view.incident if self._view else None


def _queue_in(job_id: str) -> str:
    """The queue that a job's id begins with."""
    return job_id.partition("}:")[0].removeprefix("{")


def _sizes(view: IncidentView | None) -> dict[str, str]:
    """How much there is in each section, where that tells something."""
    if view is None:
        return {}
    sizes = {"timeline": len(view.moves), "evidence": len(view.symptoms), "fixes": len(view.treated)}
    marks = {"report": "!"} if view.incident.phase == "ESCALATED" else {}
    return {**{section: f"{size:,}" for section, size in sizes.items() if size}, **marks}
