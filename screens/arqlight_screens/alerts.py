"""What is wrong with the fleet and how it stands, and of what nobody is told: silence, lift, take in hand."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import Rule
from arqlight_core.operations import Target
from arqlight_screens.acting import act
from arqlight_screens.alert_rows import COLUMNS, AlertRow, rows_of
from arqlight_screens.alert_story import HEIGHT, story
from arqlight_screens.columns import Column
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant
from arqlight_screens.operation_keys import on_target, thing
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.sight import Sight
from arqlight_screens.silencing import LIFT, SILENCE, of_alert, of_silence
from arqlight_screens.widgets.text_pane import TextPane

_HUSH = Key(
    "z",
    "hush",
    "silence/lift silence",
    "tell nobody of such alerts for a time, or again: a form asks for how long and why",
    hinted=True,
    operations=(LIFT, SILENCE),
    target=Target.ALERT,
)
_SHOWN_BY = {Rule.OVERDUE: "schedules", Rule.BREAKER: "limits", Rule.MEMORY: "server", Rule.SERVER: "doctor"}
"""The views that show what these are about."""


class Alerts(Listing[AlertRow]):
    """Every alert, the gravest first, those that are silenced last; then the silences."""

    NAME = "alerts"
    AUTO_FOCUS = "LineTable"
    FETCH_EVERY = 10.0
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   Nothing needs attention, and nothing is silenced.", "strong"),),
        (),
        (Part("   From when on something does, is set by ARQLIGHT_ALERTS: see docs/metrics.md."),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *on_target(Target.ALERT), _HUSH, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._told = TextPane(id="prescription")
        self._told.can_focus = False
        self._told.styles.height = HEIGHT

    def body(self) -> Iterable[Widget]:
        """The one under the cursor in full, and all of them."""
        return (self._told, self.table)

    def columns(self) -> Sequence[Column[AlertRow]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: AlertRow) -> str:
        """An alert is the same at every look."""
        return row.key

    async def read(self) -> Sequence[AlertRow]:
        """See what there is beside the queues: all else was seen with the fleet."""
        await self.room.alerting.look_around(self.room.fleet)
        return self._rows

    def see(self, sight: Sight) -> None:
        """Show what is wrong as of this look."""
        if sight.view is not None:
            self._rows, self._read = rows_of(self.room.alerting), True
        super().see(sight)

    def see_status(self, sight: Sight) -> None:
        """The lines above tell of the row under the cursor."""
        super().see_status(sight)
        row = self.table.current
        self._told.show(story(row, self.now_ms, self._told.room_for_text) if row else ())

    def trouble(self, sight: Sight) -> Line:
        """How many there are of each, and whether anybody looks."""
        kept = self.room.alerting.kept
        if sight.view is None:
            return ()
        if kept is None:
            return (Part(" ! what the fleet keeps of alerts cannot be read: `arqlight alerts` says why", "warn"),)
        if not kept.leader:
            return (
                Part(" ! no worker looks for alerts, and nobody is told", "bad"),
                Part("  start `arqlight fleet`", "strong"),
            )
        states = [row.state for row in self._rows if not (row.one and row.under)]
        told = ", ".join(f"{states.count(state)} {state}" for state in ("firing", "pending", "gone") if state in states)
        silent = sum(bool(row.one and row.under) for row in self._rows)
        also = f"  {silent} silenced" if silent else ""
        looks = Part(f"  {kept.leader} looks", "dim")
        if not told:
            return (Part(" ✓ nothing needs attention", "ok"), Part(also, "dim"), looks)
        return (Part(f" ▲ {told}", "bad" if "firing" in states else "warn"), Part(also, "dim"), looks)

    def row_opened(self, row: AlertRow) -> None:
        """Where it can be seen: in its queue, or in the view of what it is about."""
        alert = row.one.alert if row.one else None
        view = self.room.sight.view
        queue = view.queue(alert.queue) if view and alert else None
        if alert is None:
            self.room.tell("It is a silence: z lifts it.")
        elif alert.rule in _SHOWN_BY:
            self.room.go(_SHOWN_BY[alert.rule])
        elif queue is not None:
            self.room.open(QueueJobs(queue.name, first_tab(queue)))
        else:
            self.room.go("workers")

    # ------------------------------------------------------------------ what a key acts upon

    def meant(self) -> Sequence[Meant]:
        """The alert or the silence under the cursor."""
        row, settled = self.table.current, self.table.settled
        if row is None:
            return ()
        if row.one:
            return (of_alert(row.one, settled=settled),)
        return (of_silence(row.name, row.under, settled=settled),) if row.under else ()

    def action_hush(self) -> None:
        """Lift the silence, or ask for how long there is to be one."""
        meant = thing(self.meant(), Target.ALERT)
        if meant is None:
            self.room.tell("No alert is under the cursor.", failed=True)
        elif meant.said(LIFT):
            self.begin(SILENCE, meant)
        elif self.may(LIFT, meant):
            self.do(act(self.room, LIFT, meant))
