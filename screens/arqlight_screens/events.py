"""What happens, as it happens: the events of all queues, the newest at the bottom."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import Event, Tail, tail
from arqlight_screens.columns import Column
from arqlight_screens.event_columns import EVENTS, told
from arqlight_screens.event_filter import EventFilter, with_term
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing, RowTable
from arqlight_screens.meant import Meant, of_queue
from arqlight_screens.operation_keys import on_queue
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.rows import Rows
from arqlight_screens.sight import Sight

KEPT = 2_000
"""Events that are remembered, the newest."""
_AT_FIRST = 200
"""Events that are read at first, of all queues together."""


class EventTable(RowTable[Event]):
    """The events, the oldest first."""

    def show(self, rows: Rows[Event], now_ms: int) -> None:
        """Show these; the cursor's event stays in sight, also when the first ones came before there was any room."""
        super().show(rows, now_ms)
        self.call_after_refresh(self._keep_in_sight)

    @property
    def below(self) -> int:
        """How many events stand below the cursor."""
        return max(0, self._rows.total - 1 - self.cursor)


class Events(Listing[Event]):
    """A tail of all queues. While the cursor is on the last event, it goes along with what comes."""

    NAME = "events"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   Nothing notable has happened yet."),),
        (),
        (Part("   Failed attempts, dead letters, pauses, breakers, lost workers", "dim"),),
        (Part("   and what operators have ordered stand here, as they happen.", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        Key("F", "follow", "follow", "go along with what comes, or stay with the event under the cursor", hinted=True),
        Key("t", "only('kind')", "this kind", "only events of the kind under the cursor, or of all", hinted=True),
        Key("o", "only('queue')", "this queue", "only events of the queue under the cursor, or of all", hinted=True),
        FILTERING,
        *on_queue(),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._known: deque[Event] = deque(maxlen=KEPT)
        self._tail: Tail | None = None
        self._reading = asyncio.Lock()
        self._follows = True
        self.events = EventTable(EVENTS, self.key_of, id="rows")
        self.table = self.events

    def columns(self) -> Sequence[Column[Event]]:
        """What is told of each."""
        return EVENTS

    def key_of(self, row: Event) -> str:
        """An id is an event's own only within its stream."""
        return f"{row.id} {row.queue} {row.kind} {row.job}"

    async def read(self) -> Sequence[Event]:
        """Ask for what has come since."""
        async with self._reading:  # two at once would tell the same twice
            self._tail = await self.room.fleet.observe(tail, self._tail, None, _AT_FIRST)
            self._known.extend(self._tail.events)
        return tuple(self._known)

    def matching(self) -> Sequence[Event]:
        """The events that every term of the filter lets through."""
        if not self.filter_text:
            return self._rows
        wanted = EventFilter.of(self.filter_text)
        return [event for event in self._rows if wanted.matches(event, self.text_of(event))]

    def text_of(self, row: Event) -> str:
        """All that an event tells."""
        return f"{row.kind} {row.queue} {row.job} {told(row)}".casefold()

    def show_rows(self) -> None:
        """Draw the events; the cursor goes along when it stood on the last one."""
        along = self._follows and not self.events.below
        super().show_rows()
        if along and self.events.below:
            self.events.action_jump(-1)

    def row_opened(self, row: Event) -> None:
        """Show the job that it is about, else the queue."""
        view = self.room.sight.view
        queue = view.queue(row.queue) if view else None
        if row.job and row.queue:
            self.room.open(JobDetail(row.queue, row.job))
        elif queue is not None:
            self.room.open(QueueJobs(queue.name, first_tab(queue)))
        else:
            self.room.tell("This event is about the whole fleet: there is nothing to open.")

    def action_follow(self) -> None:
        """Go along with what comes, or stay."""
        self._follows = not self._is_following
        if self._follows:
            self.events.action_jump(-1)
        self.see_status(self.room.sight)

    def action_only(self, field: str) -> None:
        """Let only events through that are like the one under the cursor; once more, all."""
        event = self.events.current
        value = "" if event is None else event.kind if field == "kind" else event.queue
        if value:
            self._filter.value = with_term(self._filter.value, field, value)
            self._filter.display = bool(self._filter.value)
        else:
            self.room.tell(f"No {field} is under the cursor.", failed=True)

    @property
    def _is_following(self) -> bool:
        return self._follows and not self.events.below

    def crumbs(self, sight: Sight) -> Line:
        """Whether the newest event is in sight."""
        below = f"  {self.events.below:,} below" if self.events.below else "  staying"
        how = Part("  ▾ following", "ok") if self._is_following else Part(below, "warn")
        return (*super().crumbs(sight), how)

    def meant(self) -> Sequence[Meant]:
        """The queue of the event under the cursor."""
        event, view = self.events.current, self.room.sight.view
        if event is None or view is None or view.queue(event.queue) is None:
            return ()
        return of_queue(event.queue, view.queue(event.queue), settled=self.events.settled)
