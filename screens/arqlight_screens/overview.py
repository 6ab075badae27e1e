"""The first screen: every queue of the fleet, and above them what is wrong first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.jobs import State
from arqlight_core.observe import FleetView, QueueView
from arqlight_screens.alarms import alarms
from arqlight_screens.figures import count
from arqlight_screens.keymap import FILTERING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import directed, on_queue
from arqlight_screens.queue_columns import queue_columns
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.line_table import LineTable

_NO_QUEUES: Sequence[Line] = (
    (),
    (Part("   No queue has been declared to this server yet.", "strong"),),
    (),
    (Part("   arqlight demo   ", "strong"), Part("starts a fleet and fills it with work of every kind")),
    (Part("   arqlight fleet  ", "strong"), Part("starts workers for the declared queues")),
    (),
    (Part("   They appear here by themselves.", "dim"),),
)


def _name_of(queue: QueueView) -> str:
    return queue.name


class QueueTable(LineTable[QueueView]):
    """The queues."""


class Overview(Operating):
    """Queues in the order of their names; the cursor stays on its queue."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        *on_queue(),
        FILTERING,
        Key("exclamation_mark", "next_alarm", "next alarm", "go to the next queue that something is wrong with"),
    )
    LEAVING: ClassVar[tuple[Key, ...]] = (Key("q", "app.quit", "quit", "leave the control room", hinted=True),)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(KEYS),
        *bindings(LEAVING),
        *bindings((Key("escape,backspace", "back", "back", "leave the filter"),)),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.table = QueueTable(queue_columns(FleetView(0, (), ())), _name_of, id="queues")
        self._touring = False  # going from alarm to alarm: the line then tells of the cursor's queue

    def body(self) -> Iterable[Widget]:
        """One table."""
        return (self.table,)

    def see(self, sight: Sight) -> None:
        """Show every queue that the filter lets through."""
        view, table = sight.view, self.table
        if view is None:
            table.placeholder = ((), (Part(f"   connecting to {self.room.fleet.address} …", "dim"),))
            table.refresh()
        else:
            shown = [queue for queue in view.queues if self.filter_text in queue.name.casefold()]
            table.placeholder = _NO_QUEUES if not view.queues else ((), (Part("   no queue matches", "dim"),))
            table.show_columns(queue_columns(view))
            table.show(Listed(shown, _name_of), view.at_ms)
            self._note_filter(len(shown), len(view.queues))
        super().see(sight)

    def _note_filter(self, shown: int, total: int) -> None:
        self.note((Part(f" filter: {shown} of {total} queues match", "warn"),) if self.filter_text else ())

    def crumbs(self, sight: Sight) -> Line:
        """The fleet's totals."""
        if sight.view is None:
            return ()
        counts = [queue.counts for queue in sight.view.queues]
        totals = {state: sum(each[state] for each in counts) for state in State}
        return (
            Part(f" {len(counts)} queue{'' if len(counts) == 1 else 's'}"),
            *_total(totals[State.WAITING], "waiting", "plain"),
            *_total(totals[State.ACTIVE], "active", "busy"),
            *_total_if_any(totals[State.RETRYING], "retrying", "warn"),
            *_total_if_any(totals[State.HELD], "held", "warn"),
            *_total(totals[State.DEAD], "dead", "bad"),
        )

    def trouble(self, sight: Sight) -> Line:
        """The gravest alarm, or that of the queue under the cursor, and what to press."""
        found = alarms(sight.view) if sight.view else []
        if not found:
            return (Part(" ✓ nothing needs attention", "ok"),) if sight.view and sight.view.queues else ()
        here = self.table.cursor_key
        alarm = next((alarm for alarm in found if alarm.queue == here), None) if self._touring else None
        alarm = alarm or found[0]
        more = f"  +{len(found) - 1} more" if len(found) > 1 else ""
        return (alarm.part, alarm.way_out(here=alarm.queue == here), Part(more, "dim"))

    def action_next_alarm(self) -> None:
        """Put the cursor on the next queue in trouble, by gravity."""
        view = self.room.sight.view
        queues = list(dict.fromkeys(alarm.queue for alarm in alarms(view) if alarm.queue)) if view else []
        if not queues:
            self.room.tell("Nothing needs attention.")
            return
        here = self.table.cursor_key
        on = queues.index(here) + 1 if self._touring and here in queues else 0
        self._touring = True
        self.table.go_to(queues[on % len(queues)])

    @on(LineTable.Looked)
    def looked(self) -> None:
        """Hints and alarm depend on the queue under the cursor."""
        self.see_status(self.room.sight)

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Enter the queue, where it hurts."""
        queue = self.table.current
        if queue is not None:
            self.room.open(QueueJobs(queue.name, first_tab(queue)))

    def hints(self) -> Iterable[Key]:
        """The keys, as they act on the queue under the cursor."""
        return directed(self.KEYS, self.table.current)

    def queue_meant(self) -> str | None:
        """The queue under the cursor."""
        queue = self.table.current
        return queue.name if queue else None

    def queue_settled(self) -> bool:
        """Whether the cursor's queue has been there for a moment."""
        return self.table.settled

    def action_back(self) -> None:
        """Leave the filter; there is nothing to go back to."""
        if self.filter_text:
            super().action_back()


def _total(number: int, label: str, tone: Tone) -> Line:
    return (Part(f"  {count(number)} {label}", tone if number else "dim"),)


def _total_if_any(number: int, label: str, tone: Tone) -> Line:
    return _total(number, label, tone) if number else ()
