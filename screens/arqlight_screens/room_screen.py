"""What every screen of the room has: a header, a line for what is wrong, a note, a filter and hints.

A screen is told what was seen (`see`), and may ask for more of its own (`fetch`). What it shows is stale or frozen
together with everything else, and says so in the same place.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from arqlight_core import clock
from arqlight_core.errors import ArqlightError
from arqlight_screens.commanding import Commanding
from arqlight_screens.figures import SECOND, age, time_of_day
from arqlight_screens.help import Help
from arqlight_screens.keymap import ANYWHERE, LEAVING, NEXT_ALARM, Key, bindings, marked
from arqlight_screens.lines import Line, Part, forget_drawn
from arqlight_screens.sight import Sight
from arqlight_screens.source import Unavailable
from arqlight_screens.views import GOING, OVERVIEW
from arqlight_screens.widgets.filter_line import FilterLine
from arqlight_screens.widgets.status_line import HintsLine, StatusLine

log = logging.getLogger(__name__)
_ROOM_FOR_NAME = 100


class RoomScreen(Commanding):
    """A screen of the room."""

    KEYS: ClassVar[tuple[Key, ...]] = ()
    """What can be done here, beside what can be done anywhere."""
    LEAVING: ClassVar[tuple[Key, ...]] = LEAVING
    BINDINGS: ClassVar[list[BindingType]] = [*bindings((*GOING, *ANYWHERE))]
    AUTO_FOCUS = "LineTable, TextPane"
    FETCH_EVERY: ClassVar[float] = 0.0
    """Seconds between two fetches; 0: whenever the fleet is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._header = StatusLine(id="header")
        self._alarm = StatusLine(id="alarm")
        self._note = StatusLine(id="note")
        self._progress = StatusLine(id="progress")
        self._filter = FilterLine()
        self._hints = HintsLine(id="hints")
        self._fetched = False
        self._fetched_at = 0.0
        self._resumed_at = 0.0
        self._unable = False

    def compose(self) -> ComposeResult:
        """The lines that every screen has around its own body."""
        yield self._header
        yield self._alarm
        yield from self.body()
        yield self._note
        yield self._progress
        yield self._filter
        yield from self.commanding()
        yield self._hints

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets. The last one gets the keys."""
        return ()

    # ------------------------------------------------------------------ what is seen

    def on_mount(self) -> None:
        """Tint the header in the colour of the server at hand."""
        server = self.room.servers.here
        if server is not None and server.tint is not None:
            self._header.styles.background_tint = server.tint

    def on_screen_resume(self) -> None:
        """Show at once what is known, and ask for the screen's own; the next run begins with this view."""
        self.room.kept.memory.view = self.room.view
        self._resumed_at = clock.monotonic()
        self.see(self.room.sight)
        if self.room.frozen_at is None or not self._fetched:
            self.run_worker(self.refetch(), group="fetch")

    def on_screen_suspend(self) -> None:
        """Keep nothing drawn while nobody looks: a line with what Textual keeps of it takes two kilobytes."""
        for widget in self.walk_children(Widget, with_self=True):
            forget_drawn(widget)

    def see(self, sight: Sight) -> None:
        """Show what was seen of the fleet."""
        self.see_status(sight)

    def see_status(self, sight: Sight) -> None:
        """Show the header, what is wrong and the hints: what changes by time alone."""
        now = clock.monotonic()
        self._header.show(self._badged(self.crumbs(sight), now), self._place(sight))
        alarm = sight.banner(now) if sight.stale(now) else self.trouble(sight)
        self._alarm.show(alarm)
        self._progress.show(self.room.progress)
        self._progress.display = bool(self.room.progress)
        hinted = [key for key in self.hints() if key.hinted]
        self._hints.show_keys(marked(hinted, self.room.fleet.denied, away=bool(sight.refusal(now))), self._last())

    def crumbs(self, sight: Sight) -> Line:
        """Where one is, or how the fleet does."""
        del sight
        return ()

    def trouble(self, sight: Sight) -> Line:
        """What is wrong with what this screen shows."""
        del sight
        return ()

    def hints(self) -> Iterable[Key]:
        """The keys to be hinted at, now."""
        return self.KEYS

    def _last(self) -> Sequence[Key]:
        return [key for key in (*self.LEAVING, *ANYWHERE) if key.hinted]

    def _badged(self, crumbs: Line, now: float) -> Line:
        server = self.room.servers.here
        badges = list(server.badge if server else ())
        if self.room.fleet.read_only:
            badges += [Part(" RO ", "badge"), Part(" ")]
        if self.room.frozen_at is not None:
            badges += [Part(f" FROZEN {age((now - self.room.frozen_at) * SECOND)} ", "badge"), Part(" ")]
        badges += self._aged(now)
        name = (Part(" arqlight", "strong"), Part(" ")) if self.size.width >= _ROOM_FOR_NAME else ()
        return (*name, *badges, *crumbs)

    def _aged(self, now: float) -> Line:
        """How old that is which this screen asks for itself, when the fleet has been seen since, and this has not."""
        sight, read = self.room.sight, self._fetched_at
        waits = not sight.stale(now) and not sight.behind(self._resumed_at, self.FETCH_EVERY)  # it is being read
        if not read or waits or self.room.frozen_at is not None or not sight.behind(read, self.FETCH_EVERY):
            return ()
        return Part(f" {age((now - read) * SECOND)} old ", "badge"), Part(" ")

    def reading(self) -> Line:
        """What stands where nothing was read yet, and why that is so."""
        if self.room.sight.stale(clock.monotonic()):
            return (Part("   the server is away: this is read as soon as it answers", "warn"),)
        if self._unable:
            return (Part("   this could not be read: the line below says why", "warn"),)
        return (Part("   reading …", "dim"),)

    def _place(self, sight: Sight) -> Line:
        if sight.view is None:
            return (Part(self.room.fleet.address, "dim"), Part(" "))
        living = len(sight.view.workers)
        quiet = sum(worker.state != "running" for worker in sight.view.workers)
        told = f"  {living} worker{'' if living == 1 else 's'}" + (f", {quiet} quiet" if quiet else "")
        workers = Part(told, "warn" if quiet else "plain" if living else "bad")
        seen = Part(f"  {time_of_day(sight.view.at_ms)} ", "dim")
        return (_cost(sight), Part(self.room.fleet.address, "dim"), workers, seen)

    # ------------------------------------------------------------------ what is asked

    async def follow(self, sight: Sight) -> None:
        """Show what was seen of the fleet, and what belongs to it."""

        async def shown() -> None:
            self.see(sight)
            if clock.monotonic() - self._fetched_at >= self.FETCH_EVERY:
                await self._fetch()

        await self.shielded(shown)

    async def refetch(self) -> None:
        """Fetch, whatever comes of it."""
        await self.shielded(self._fetch)

    async def _fetch(self) -> None:
        await self.fetch()
        self._fetched_at = clock.monotonic()
        self.see_status(self.room.sight)  # the hints tell of the rows that have come

    async def shielded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it; what goes wrong is shown in the note line until a fetch succeeds."""
        try:
            await work()
        except Unavailable:
            return  # the banner tells of it as soon as the watch has noticed, too
        except ArqlightError as problem:
            self.note((Part(f" ! {problem}", "bad"),))
            self._unable = True
            self.show_again()  # where nothing was read yet, it says so
        except Exception as problem:  # one part of one screen must not end the room
            log.exception("a part of the screen could not be shown")
            self.note((Part(f" ! this cannot be shown ({type(problem).__name__}: {problem})", "bad"),))
        else:
            self._fetched, self._unable = True, False
            return
        self._unable = True

    async def fetch(self) -> None:
        """Ask for what this screen shows beside the fleet's view."""

    def note(self, line: Line) -> None:
        """Show a line under the body, or none."""
        self._note.show(line)
        self._note.display = bool(line)

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done without holding up the keys."""
        self.run_worker(work, group="operations")

    # ------------------------------------------------------------------ keys

    @property
    def filter_text(self) -> str:
        """What the filter asks for, in small letters."""
        return self._filter.value.casefold()

    @on(Input.Changed, "#filter")
    def filter_changed(self) -> None:
        """Another filter: other rows."""
        self.see(self.room.sight)
        self.run_worker(self.refetch(), group="fetch")

    @on(FilterLine.Left)
    def filter_left(self) -> None:
        """The rows get the keys back."""
        self.focus_body()

    def focus_body(self) -> None:
        """Give the keys to the last widget of the body."""
        list(self.body())[-1].focus()

    def show_again(self) -> None:
        """Draw what is known once more."""
        self.see(self.room.sight)

    def action_filter(self) -> None:
        """Let a filter be typed."""
        self._filter.open()

    def action_back(self) -> None:
        """Leave the filter, or else the screen."""
        if self.filter_text:
            self._filter.action_drop()
        else:
            self.room.leave()

    def action_go(self, view: str) -> None:
        """Go to a view."""
        self.room.go(view)

    def action_next_alarm(self) -> None:
        """Go to the next queue that something is wrong with, on the overview."""
        self.room.go(OVERVIEW)
        self.room.press(NEXT_ALARM)

    def action_go_back(self) -> None:
        """Go to the view before this one."""
        self.room.go_back()

    def action_freeze(self) -> None:
        """Hold the view still, or let it go on."""
        self.room.freeze()

    def action_help(self) -> None:
        """Show every key."""
        self.room.open(Help(self))


def _cost(sight: Sight) -> Part:
    """What looking costs the server; it is the first to give way on a narrow terminal."""
    view = sight.view
    if view is None or not view.commands:
        return Part("")
    return Part(f"looks {1 / (sight.every or 1):.1f}/s: {view.commands} commands, {view.took_ms:.0f} ms   ", "dim")
