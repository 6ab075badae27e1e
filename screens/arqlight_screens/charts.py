"""What the fleet or a queue has done over time: throughput, durations and depth, and marks for what happened beside."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from arqlight_core import clock
from arqlight_core.observe import Event, Metrics, Wanted, audit, events_of, metrics
from arqlight_core.policy import DAY, HOUR, MINUTE, spoken
from arqlight_screens.chart_series import depth, runs, throughput, waits
from arqlight_screens.figures import count, duration, moment, rate
from arqlight_screens.histogram import histogram
from arqlight_screens.keymap import LEAVING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.marks import Mark, axis_of, marks_of
from arqlight_screens.meant import Meant, of_queue
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import on_queue
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.chart import AXIS, Chart
from arqlight_screens.widgets.status_line import StatusLine
from arqlight_screens.widgets.text_pane import TextPane

SPANS = (15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
_LOOKS_PER_SPAN = 200
_LEAST_WAIT = 2.0
"""Seconds between two readings at best: what is read is made of whole minutes."""
_WIDE = 120
_MARKED = 200
"""Operations that are looked through for marks."""


class Charts(Operating):
    """Four charts on one time axis, and beside them or behind tab how waits and runs are distributed."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("right,right_square_bracket", "span(1)", "longer", "look further back", hinted=True),
        Key("left,left_square_bracket", "span(-1)", "shorter", "look less far back", hinted=True),
        Key("j,down", "choose(1)", "next queue", "the next queue", hinted=True),
        Key("k,up", "choose(-1)", "previous queue", "the queue before; before the first comes the whole fleet"),
        Key("n", "mark(1)", "next mark", "tell of the next mark on the time axis", hinted=True),
        Key("N", "mark(-1)", "previous mark", "tell of the mark before"),
        Key("tab", "turn", "histograms", "how waits and runs are distributed, or back to the charts", hinted=True),
        *on_queue(),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._span: timedelta = HOUR
        self._queue: str | None = None
        self._told: Metrics | None = None
        self._due = 0.0
        self._marks: list[Mark] = []
        self._mark: Mark | None = None
        self._rescaled = True
        self._throughput = Chart("jobs a second", rate, id="throughput")
        self._waits = Chart("waited", duration, id="waits")
        self._runs = Chart("ran", duration, id="runs")
        self._depth = Chart("jobs", count, id="depth")
        self._marked, self._times = StatusLine(id="marks"), StatusLine(id="times")
        self._histograms = TextPane(id="histograms")

    def body(self) -> Iterable[Widget]:
        """Charts at the left, histograms at the right."""
        over_time = Vertical(
            self._throughput, self._waits, self._runs, self._depth, self._marked, self._times, id="over-time"
        )
        return (Horizontal(over_time, self._histograms),)

    def compose(self) -> ComposeResult:
        """As every screen; nothing here needs the keys for itself."""
        yield from super().compose()
        self._histograms.can_focus = False

    def on_resize(self) -> None:
        """The histograms stand beside the charts where there is room, and behind tab elsewhere."""
        self._arrange_panes(histograms=False)

    def _arrange_panes(self, *, histograms: bool) -> None:
        wide = self.size.width >= _WIDE
        self._histograms.display = wide or histograms
        self.query_one("#over-time").display = wide or not histograms
        self.call_after_refresh(self._draw)

    # ------------------------------------------------------------------ what is read

    async def fetch(self) -> None:
        """Read the series when a new point can have come, and what happened beside."""
        if clock.monotonic() < self._due:
            return
        queue, span = self._queue, self._span
        fleet = self.room.fleet
        told = await fleet.observe(metrics, queue, None, span)
        done = await fleet.observe(audit, Wanted(queue=queue or "", since_ms=told.points[0].at_ms), _MARKED)
        turned: tuple[Event, ...] = await fleet.observe(events_of, "breaker", told.points[0].at_ms, queue)
        if (queue, span) == (self._queue, self._span):
            view = self.room.sight.view
            workers = [one for one in view.workers if queue is None or queue in one.queues] if view else []
            self._told, self._marks = told, marks_of(done.rows, turned, workers)
            self._due = clock.monotonic() + max(_LEAST_WAIT, span.total_seconds() / _LOOKS_PER_SPAN)
            self.note(())
            self._draw()

    def _anew(self) -> None:
        """Other series were chosen."""
        self._due, self._mark, self._rescaled = 0.0, None, True
        self.see_status(self.room.sight)
        self.run_worker(self.refetch(), group="fetch")

    # ------------------------------------------------------------------ what is shown

    def _draw(self) -> None:
        told = self._told
        if told is None:
            return
        rescale, self._rescaled = self._rescaled, False
        self._throughput.show(throughput(told), rescale=rescale)
        self._waits.show(waits(told), rescale=rescale)
        self._runs.show(runs(told), rescale=rescale)
        self._depth.show(depth(told), rescale=rescale)
        self._draw_axis(told)
        width = max(20, self._histograms.size.width)
        waited, ran = (histogram(*one, width) for one in (("waited", told.wait_bins), ("ran", told.run_bins)))
        self._histograms.show([*waited, (), *ran])

    def _draw_axis(self, told: Metrics) -> None:
        first, last = told.points[0].at_ms, told.at_ms
        room = max(1, self._marked.size.width - AXIS)
        self._marked.show((Part(" " * AXIS), *axis_of(self._marks, first, last, room, self._mark)))
        begun, middle, now = (moment(at, told.at_ms) for at in (first, (first + last) // 2, last))
        gap = max(1, (room - len(begun) - len(middle) - len(now)) // 2)
        self._times.show((Part(f"{' ' * AXIS}{begun}{' ' * gap}{middle}", "dim"),), (Part(now, "dim"),))

    def crumbs(self, sight: Sight) -> Line:
        """What is shown, and over how long."""
        del sight
        whose = self._queue or "the whole fleet"
        return (
            Part(" / ", "dim"),
            Part("charts", "strong"),
            Part(f" / {whose} "),
            Part(f" {spoken(self._span)} ", "chosen"),
        )

    def trouble(self, sight: Sight) -> Line:
        """The mark that was asked for, or what the marks mean."""
        mark = self._mark
        if mark is not None:
            return (
                Part(f" {mark.glyph} ", mark.tone),
                Part(moment(mark.at_ms, sight.view.at_ms if sight.view else 0)),
                Part(f"  {mark.text}", "strong"),
            )
        if self._told is not None and not any(one.counts for one in self._told.points):
            return (Part(f" no job came or ended in the last {spoken(self._span)}; → looks further back", "dim"),)
        return (Part(" ▲ a worker started  ■ ▶ paused, resumed  ◆ an operator acted  ⊗ a breaker turned", "dim"),)

    # ------------------------------------------------------------------ keys

    def action_span(self, steps: int) -> None:
        """Look further or less far back."""
        place = SPANS.index(self._span) + steps
        self._span = SPANS[max(0, min(place, len(SPANS) - 1))]
        self._anew()

    def action_choose(self, steps: int) -> None:
        """Go to another queue, or to the whole fleet."""
        view = self.room.sight.view
        choices: list[str | None] = [None, *(queue.name for queue in view.queues)] if view else [None]
        here = choices.index(self._queue) if self._queue in choices else 0
        self._queue = choices[(here + steps) % len(choices)]
        self._anew()

    def action_mark(self, steps: int) -> None:
        """Tell of another mark; the first time of the newest."""
        told = self._told
        seen = [mark for mark in self._marks if told and mark.at_ms >= told.points[0].at_ms]
        if not seen:
            self.room.tell("Nothing is marked on this time axis.")
            return
        place = seen.index(self._mark) + steps if self._mark in seen else len(seen) - 1
        self._mark = seen[place % len(seen)]
        self._draw()
        self.see_status(self.room.sight)

    def action_turn(self) -> None:
        """Show the histograms instead of the charts, or the other way round."""
        self._arrange_panes(histograms=not self._histograms.display)

    def meant(self) -> Sequence[Meant]:
        """The queue that is shown."""
        view = self.room.sight.view
        return of_queue(self._queue, view.queue(self._queue) if view else None) if self._queue else ()
