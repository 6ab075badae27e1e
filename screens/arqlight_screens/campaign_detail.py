"""One campaign, whole and live: its recipients as a bar, and in sections why some failed, its moves, jobs and pace."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.campaigns import CAMPAIGN, QUEUE, CampaignRow, CampaignView, Move, Reason
from arqlight_core.jobs import State
from arqlight_core.observe import FlowStep, FlowView, flow
from arqlight_screens.campaign_columns import MOVES, reasons
from arqlight_screens.campaign_steering import STEERING, Steering
from arqlight_screens.campaign_story import head, pace, standing
from arqlight_screens.columns import Column
from arqlight_screens.flow_columns import step_columns
from arqlight_screens.flow_tree import STEPS, FlowTree
from arqlight_screens.gantt import Axis
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_block import LineBlock
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.section_tabs import SectionTabs
from arqlight_screens.widgets.text_pane import TextPane

SECTIONS = ("reasons", "moves", "jobs", "pace")
_QUEUES = {"whatsapp": "crm:message", "email": "crm:email"}
"""Where the messages of a channel wait, and where they end up when they fail."""
_WAYS = (
    Key("b", "flow", "flow", "all its jobs as a tree, on one axis of time", hinted=True),
    Key("o", "coordinator", "its job", "the job that carries it on", hinted=True),
    Key("d", "dead", "dead jobs", "its messages that have failed for good, as jobs", hinted=True),
)


def _reason_key(reason: Reason) -> str:
    return reason.text


def _move_key(move: Move) -> str:
    return f"{move.at_ms} {move.target}"


def _step_key(step: FlowStep) -> str:
    return step.id


class CampaignDetail(Steering):
    """One campaign. What it was seen as last stays while the records are away."""

    NAME = "campaign"
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        *STEERING,
        Key("right,tab,right_square_bracket", "turn(1)", "next section", "the next section", hinted=True),
        Key("left,shift+tab,left_square_bracket", "turn(-1)", "previous section", "the previous section"),
        *_WAYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 2.0

    def __init__(self, campaign_id: str) -> None:
        super().__init__()
        self._campaign_id = campaign_id
        self._view: CampaignView | None = None
        self._flow: FlowView | None = None
        self.section = SECTIONS[0]
        """Which section is shown."""
        self._head = LineBlock(id="head")
        self._tabs = SectionTabs(SECTIONS, id="sections")
        self._pace = TextPane(id="pace")
        self._reasons: LineTable[Reason] = LineTable(reasons(0), _reason_key, id="reasons")
        self._moves: LineTable[Move] = LineTable(MOVES, _move_key, id="moves")
        self._jobs: LineTable[FlowStep] = LineTable(step_columns(Axis(0, 1)), _step_key, id="jobs")
        self._moves.display = self._jobs.display = self._pace.display = False

    def body(self) -> Iterable[Widget]:
        """What it is, the sections' names, and the one that is chosen."""
        return self._head, self._tabs, self._reasons, self._moves, self._jobs, self._pace

    # ------------------------------------------------------------------ what is seen

    async def fetch(self) -> None:
        """Read the campaign again, and its jobs where they are looked at."""
        try:
            self._view = await self.room.fleet.told(CAMPAIGN, campaign_id=self._campaign_id)
            self.note(())
        finally:  # its jobs can be told while the records are away
            if self.section == "jobs" and self._row is not None and self._row.state != "draft":
                self._flow = await self.room.fleet.observe(flow, self._row.correlation_id, STEPS)
            self._show()

    @property
    def _row(self) -> CampaignRow | None:
        return self._view.campaign if self._view else None

    def see(self, sight: Sight) -> None:
        """Ages grow with every look at the fleet."""
        self._show()
        super().see(sight)

    def _show(self) -> None:
        view = self._view
        self._tabs.show(self.section, _sizes(view))
        for section, widget in self._sections().items():
            widget.display = section == self.section
        if view is not None:
            self._head.show(head(view, self.size.width, self.now_ms))
        self._show_tables()
        self._pace.show([(), self.reading()] if view is None else list(pace(view, self.size.width)))
        self.see_status(self.room.sight)

    def _sections(self) -> dict[str, LineTable[Any] | TextPane]:
        return dict(zip(SECTIONS, (self._reasons, self._moves, self._jobs, self._pace), strict=True))

    def _show_tables(self) -> None:
        view, seen = self._view, self._flow
        nobody, unmoved = "nobody has failed or was left out so far", "it was not started yet"
        self._show_table(self._reasons, Listed(view.reasons if view else (), _reason_key), self._instead(nobody))
        self._show_table(self._moves, Listed(view.moves if view else (), _move_key), self._instead(unmoved))
        begun = seen is not None or (self._row is not None and self._row.state == "draft")
        none = self._instead("it has no jobs: it was not started yet") if begun else self.reading()
        self._show_table(self._jobs, Listed(seen.steps if seen else (), _step_key), none)

    def _instead(self, none: str) -> Line:
        return self.reading() if self._view is None else (Part(f"   {none}", "dim"),)

    def _show_table(self, table: LineTable[Any], rows: Listed[Any], instead: Line) -> None:
        table.placeholder = ((), instead)
        table.show_columns(self.as_wanted(self._columns_of(table.id or "")))
        table.show(rows, self.now_ms)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = ("campaigns", self._row.name if self._row else self._campaign_id)
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def trouble(self, sight: Sight) -> Line:
        """Where it is, and why."""
        del sight
        return standing(self._row, self.now_ms) if self._row else ()

    # ------------------------------------------------------------------ its tables

    @property
    def kept_as(self) -> str:
        """Each of its tables is arranged by itself."""
        return f"campaign {self.section}"

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints this campaign."""
        return "campaign", "show", self._campaign_id

    @property
    def table_meant(self) -> LineTable[Any] | None:
        """The table of the section, where it has one."""
        shown = self._sections()[self.section]
        return shown if isinstance(shown, LineTable) else None

    def columns(self) -> Sequence[Column[Any]]:
        """The columns of the section's table."""
        return self._columns_of(self.section)

    def _columns_of(self, section: str) -> Sequence[Column[Any]]:
        match section:
            case "reasons":
                return reasons(self._row.recipients.total if self._row else 0)
            case "moves":
                return MOVES
            case "jobs":
                seen = self._flow
                return step_columns(Axis.of(seen.steps, seen.at_ms) if seen else Axis(0, 1))
            case _:
                return ()

    def focus_body(self) -> None:
        """Give the keys to the section."""
        self._sections()[self.section].focus()

    # ------------------------------------------------------------------ keys

    def steered(self) -> CampaignRow | None:
        """This one."""
        return self._row

    def action_turn(self, sections: int) -> None:
        """Go to a neighbouring section."""
        self._turn_to(SECTIONS[(SECTIONS.index(self.section) + sections) % len(SECTIONS)])

    @on(SectionTabs.Chosen)
    def section_chosen(self, event: SectionTabs.Chosen) -> None:
        """Go to the section that was clicked on."""
        self._turn_to(event.section)

    def _turn_to(self, section: str) -> None:
        self.section = section
        self._show()
        self.focus_body()
        self.run_worker(self.refetch(), group="fetch")

    @on(LineTable.Opened)
    def opened(self) -> None:
        """From a reason to the dead jobs, from a move to the campaign's own job, from a job to that."""
        step = self._jobs.current
        if self.section == "reasons":
            self.action_dead()
        elif self.section == "moves":
            self.action_coordinator()
        elif step is not None and step.state is not None:
            self.room.open(JobDetail(step.queue, step.id))
        else:
            self.room.tell("Nothing of this job is kept any more.", failed=True)

    def action_flow(self) -> None:
        """Show its jobs as a tree."""
        if row := self._with_jobs():
            self.room.open(FlowTree(row.correlation_id))

    def action_coordinator(self) -> None:
        """Show the job that carries it on."""
        if row := self._with_jobs():
            self.room.open(JobDetail(QUEUE, row.job_id))

    def _with_jobs(self) -> CampaignRow | None:
        """The campaign, if it has jobs; that it has none is told."""
        if self._row is not None and self._row.state == "draft":
            self.room.tell("It was not started: no job carries it on yet.", failed=True)
            return None
        return self._row

    def action_dead(self) -> None:
        """Show its messages that have failed, as jobs."""
        if self._row is not None:
            queue = _QUEUES.get(self._row.channel, _QUEUES["whatsapp"])
            self.room.open(QueueJobs(queue, State.DEAD, f"flow:{self._row.correlation_id}"))


def _sizes(view: CampaignView | None) -> dict[str, str]:
    """How much there is in each section, where that tells something."""
    if view is None:
        return {}
    sizes = {"reasons": sum(one.count for one in view.reasons), "moves": len(view.moves)}
    return {section: f"{size:,}" for section, size in sizes.items() if size}
