"""The first screen: every queue of the fleet, and above them its pulse and what is wrong first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec
from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core import clock
from arqlight_core.jobs import State
from arqlight_core.observe import Horizon, PastHour, Standing, horizons, past_hour
from arqlight_screens.alarms import line_of_alert
from arqlight_screens.columns import Column
from arqlight_screens.figures import MINUTE, count
from arqlight_screens.keymap import FILTERING, NEXT_ALARM, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_queue
from arqlight_screens.operation_keys import on_queue
from arqlight_screens.pulse import TALL, TALLER, pulse
from arqlight_screens.queue_columns import WORST, queue_columns
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.queue_rows import QueueRow, rows_of
from arqlight_screens.sight import Sight
from arqlight_screens.silencing import of_alerts_of
from arqlight_screens.source import Unavailable
from arqlight_screens.text import visible
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.line_block import LineBlock
from arqlight_screens.widgets.line_table import LineTable

_NO_QUEUES: Sequence[Line] = (
    (Part("   No queue has been declared to this server yet.", "strong"),),
    (),
    (Part("   arqlight demo   ", "strong"), Part("starts a fleet and fills it with work of every kind")),
    (Part("   arqlight fleet  ", "strong"), Part("starts workers for the declared queues")),
    (),
    (Part("   They appear here by themselves.", "dim"),),
)


_AROUND = 8
"""Lines of a low terminal that are neither alerts nor queues, and a few that stay empty."""
_WORST = Key("w", "worst", "worst first", "the queues in the worst state first, or by their names again", hinted=True)


class Overview(Listing[QueueRow]):
    """Queues in the order of their names, or as the operator wants them; the cursor stays on its queue."""

    NAME = "queues"
    NOTHING: ClassVar[Sequence[Line]] = _NO_QUEUES
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        *on_queue(),
        FILTERING,
        NEXT_ALARM,
        _WORST,
    )
    LEAVING: ClassVar[tuple[Key, ...]] = (Key("q", "app.quit", "quit", "leave the control room", hinted=True),)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(KEYS),
        *bindings(LEAVING),
        *bindings((Key("escape,backspace", "back", "back", "leave the filter"),)),
    ]
    FETCH_EVERY = 10.0

    _columns = queue_columns(0)

    def __init__(self) -> None:
        super().__init__()
        self._above = LineBlock(id="pulse")
        self._touring = False  # going from alarm to alarm: the line then tells of the cursor's queue
        self._hour: PastHour | None = None
        self._ends: Mapping[str, Horizon] = {}
        self._asked_at = 0.0

    def body(self) -> Iterable[Widget]:
        """The fleet's pulse and a table."""
        return (self._above, self.table)

    # ------------------------------------------------------------------ what is seen

    def columns(self) -> Sequence[Column[QueueRow]]:
        """What is told of each queue."""
        return self._columns

    def key_of(self, row: QueueRow) -> str:
        """A queue's name is its own."""
        return row.name

    async def read(self) -> Sequence[QueueRow]:
        """The fleet's view has them: they were shown with it."""
        return self._rows

    def see(self, sight: Sight) -> None:
        """Show every queue that the filter lets through."""
        if sight.view is not None:
            self._rows, self._read = rows_of(sight.view, self._ends, self.room.alerting.alerts), True
            self._columns = queue_columns(max((len(visible(row.name)) for row in self._rows), default=0))
        super().see(sight)

    def _instead(self) -> Sequence[Line]:
        if not self._read:
            return (), (Part(f"   connecting to {self.room.fleet.address} …", "dim"),)
        return super()._instead()

    def see_status(self, sight: Sight) -> None:
        """Show the header, the alerts and the pulse."""
        super().see_status(sight)
        width, height = self.size
        if sight.view is None:
            self._above.show(())
        else:
            self._above.show([*self._more_alerts(sight, height), *pulse(sight.view, self._hour, width, height)])

    async def fetch(self) -> None:
        """Ask for what stands beside the queues. Each answer is shown without the others."""
        if self.room.sight.view is None:
            raise Unavailable("Nothing was seen yet.")  # and so it is tried again at the next look
        self.note(())
        if clock.monotonic() - self._asked_at >= self.FETCH_EVERY:
            self._asked_at = clock.monotonic()
            for part in (self._read_hour, self._read_ends, self._read_around):
                await self.shielded(part)
            self.see(self.room.sight)

    async def _read_hour(self) -> None:
        """Once a minute: the running one is not drawn."""
        view, hour = self.room.sight.view, self._hour
        if view and not (hour and view.at_ms // MINUTE == hour.at_ms // MINUTE):
            self._hour = await self.room.fleet.observe(past_hour)

    async def _read_ends(self) -> None:
        """Of what is put off, only retries bear on when a queue is empty."""
        view = self.room.sight.view
        retrying = [queue for queue in view.queues if queue.counts[State.RETRYING]] if view else []
        self._ends = await self.room.fleet.observe(horizons, retrying) if retrying else {}

    async def _read_around(self) -> None:
        await self.room.alerting.look_around(self.room.fleet)

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

    # ------------------------------------------------------------------ what is wrong

    def trouble(self, sight: Sight) -> Line:
        """The gravest alert, or that of the queue under the cursor, and what to press."""
        found = self.room.alerting.standing
        if not found or sight.view is None:
            return (Part(" ✓ nothing needs attention", "ok"),) if sight.view and sight.view.queues else ()
        here = self.table.cursor_key
        alert = next((one for one in found if one.alert.queue == here), None) if self._touring else None
        below = self._more_alerts(sight, self.size.height)
        alert = found[0] if alert is None or alert in found[: 1 + len(below)] else alert
        hidden = len(found) - 1 - len(below)
        more = (Part(f"  +{hidden} more: A", "dim"),) if hidden > 0 else ()
        return (*self._line_of(alert, sight), *more)

    def _more_alerts(self, sight: Sight, height: int) -> Sequence[Line]:
        """The next alerts, as many as the terminal has room for beside the queues."""
        spare = height - _AROUND - len(self._rows)
        room = 4 if height >= TALLER else 2 if height >= TALL else max(0, min(4, spare))
        return [self._line_of(one, sight) for one in self.room.alerting.standing[1 : 1 + room]]

    def _line_of(self, one: Standing, sight: Sight) -> Line:
        at_ms, here = sight.view.at_ms if sight.view else 0, one.alert.queue == self.table.cursor_key
        return line_of_alert(one, self.room.alerting.silences.get(one.silence), at_ms, here=here)

    def action_next_alarm(self) -> None:
        """Put the cursor on the next queue in trouble, by gravity."""
        alerts = [one.alert for one in self.room.alerting.standing]
        queues = list(dict.fromkeys(alert.queue for alert in alerts if alert.queue))
        if not queues:
            self.room.tell("Nothing needs attention.")
            return
        here = self.table.cursor_key
        on = queues.index(here) + 1 if self._touring and here in queues else 0
        self._touring = True
        self.table.go_to(queues[on % len(queues)])

    def action_worst(self) -> None:
        """Sort by how bad the queues are, or by their names again."""
        told = self.arrangement
        wanted = "" if told.sort == WORST and not told.reverse else WORST
        self.rearrange(msgspec.structs.replace(told, sort=wanted, reverse=False))

    # ------------------------------------------------------------------ keys

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Enter the queue, where it hurts."""
        row = self.table.current
        if row is not None:
            self.room.open(QueueJobs(row.name, first_tab(row.queue)))

    def meant(self) -> Sequence[Meant]:
        """The queue under the cursor."""
        row = self.table.current
        if row is None:
            return ()
        settled = self.table.settled
        alerts = of_alerts_of(row.name, self.room.alerting, settled=settled)
        return (*of_queue(row.name, row.queue, settled=settled), alerts)

    def action_back(self) -> None:
        """Leave the filter; there is nothing to go back to."""
        if self.filter_text:
            super().action_back()


def _total(number: int, label: str, tone: Tone) -> Line:
    return (Part(f"  {count(number)} {label}", tone if number else "dim"),)


def _total_if_any(number: int, label: str, tone: Tone) -> Line:
    return _total(number, label, tone) if number else ()
