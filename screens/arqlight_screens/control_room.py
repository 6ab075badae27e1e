"""The app: paints first, then connects; hands what the watch sees to the screen in front; leaves the terminal tidy."""

import asyncio
import logging
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual.driver import Driver
from textual.screen import ModalScreen, Screen

from arqlight_core import clock
from arqlight_core.errors import ArqlightError, ConfirmationNeeded
from arqlight_core.memory import GIVE_BACK_EVERY, give_back
from arqlight_core.policy.thresholds import Thresholds
from arqlight_screens.alerting import Alerting
from arqlight_screens.errands import Errands
from arqlight_screens.followed import Followed
from arqlight_screens.garbage import COLLECT_EVERY
from arqlight_screens.kept import Kept
from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line
from arqlight_screens.navigation import Navigation
from arqlight_screens.opening import Opening
from arqlight_screens.parts import parts_of
from arqlight_screens.preferences import Preferences
from arqlight_screens.program import Program
from arqlight_screens.room import A, Purge
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.servers import NoOthers, Servers
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet
from arqlight_screens.watch import UNWATCHED, WATCHED, Watch

if TYPE_CHECKING:
    from textual.command import Provider

    from arqlight_core.operations import Report

log = logging.getLogger(__name__)


def _commands() -> "type[Provider]":
    return import_module("arqlight_screens.palette").Commands


class ControlRoom(Program):
    """The control room of one fleet."""

    TITLE = "arqlight"
    CSS_PATH: ClassVar[Any] = [
        "control_room.tcss",
        "lines.tcss",
        "charts.tcss",
        "choosing.tcss",
        "confirm.tcss",
        "failures.tcss",
        "forms.tcss",
        "widgets/status_line.tcss",
        "widgets/line_table.tcss",
        "widgets/filter_line.tcss",
        "widgets/command_line.tcss",
    ]
    COMMANDS: ClassVar[set[Any]] = {_commands}
    COMMAND_PALETTE_DISPLAY = "^p"

    def __init__(
        self,
        fleet: Fleet,
        driver_class: type[Driver] | None = None,
        *,
        kept: Kept | None = None,
        servers: Servers | None = None,
        clipboard: str = "auto",
        thresholds: Thresholds | None = None,
    ) -> None:
        super().__init__(driver_class)
        self.kept, self.servers = kept or Kept(), servers or NoOthers()
        self.preferences = Preferences(self, self.kept, self._look_every)
        self.errands = Errands(self, clipboard)
        self._navigation = Navigation(self)
        self.fleet = fleet
        self.sight = Sight(seen=clock.monotonic())
        self.frozen_at: float | None = None
        self.purges = list[Purge]()
        self.alerting = Alerting(thresholds or Thresholds())
        self._lookout = Watch(fleet, self._seen)
        self._followed = Followed(fleet, self._show_status, self._tell_end)
        self._pace, self._refusing = WATCHED, False

    def get_default_screen(self) -> Screen[None]:
        """What is painted first."""
        return Opening()

    def on_mount(self) -> None:
        """Begin behind the first frame."""
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        """Remember how it was left, and let go of the server."""
        self.kept.save()
        await self.fleet.close()

    def _begin(self) -> None:
        self.run_worker(self._open(), group="watch")

    async def _open(self) -> None:
        await asyncio.to_thread(import_module, "arqlight_screens.overview")
        self._navigation.begin(self.kept.memory.view)
        self.set_interval(1.0, self._tick)
        self.set_interval(COLLECT_EVERY, self.garbage.collect)
        self.set_interval(GIVE_BACK_EVERY, give_back)
        await self._lookout.run()

    # ------------------------------------------------------------------ what is seen

    async def _seen(self, sight: Sight) -> None:
        if self.frozen_at is None:
            await self.alerting.keep_up(sight, self.fleet)
        if self.frozen_at is None:
            self.sight = sight
            self.alerting.heed(sight.view)
            screen = self._front
            if screen is not None:
                await screen.follow(sight)
        else:
            self.sight = replace(sight, view=self.sight.view)

    def _tick(self) -> None:
        """Ages grow by themselves."""
        screen = self._front
        if screen is not None and (self.frozen_at is not None or self.sight.stale(clock.monotonic())):
            screen.see_status(self.sight)

    def _show_status(self) -> None:
        if self._front is not None:
            self._front.see_status(self.sight)

    @property
    def progress(self) -> Line:
        """How far the bulk operations are that were begun here."""
        return self._followed.line

    @property
    def _front(self) -> RoomScreen | None:
        """The screen in front, behind any dialog. Only screens of the room take part in the watch."""
        rooms = (screen for screen in reversed(self.screen_stack) if isinstance(screen, RoomScreen))
        return next((screen for screen in rooms if screen.is_mounted), None)

    def watch_app_focus(self, focus: bool) -> None:  # noqa: FBT001 - Textual's own signature
        """Look less often at what nobody looks at."""
        self._lookout.every = self._pace if focus else max(self._pace, UNWATCHED)
        if focus:
            self.look_now()

    def _look_every(self, seconds: float) -> None:
        self._pace = self._lookout.every = seconds
        self.look_now()

    def look_now(self) -> None:
        """Look at the fleet before it is time to."""
        self._lookout.nudge()

    def freeze(self) -> None:
        """Hold the view still, or let it go on."""
        self.frozen_at = clock.monotonic() if self.frozen_at is None else None
        self._show_status()
        self.look_now()

    async def look_at(self, fleet: Fleet) -> None:
        """Look at another fleet from now on: nothing that was seen of the last one stays."""
        left, self.fleet = self.fleet, fleet
        if self._refusing:
            fleet.refuse_changes()
        for worker in [one for one in self.workers if one.group in ("watch", "bulks")]:
            worker.cancel()
        self.sight, self.frozen_at = Sight(seen=clock.monotonic(), every=self._pace), None
        self.purges.clear()
        self.alerting = Alerting(self.alerting.thresholds)
        self._lookout = Watch(fleet, self._seen)
        self._lookout.every = self._pace
        self._followed = Followed(fleet, self._show_status, self._tell_end)
        await self._navigation.start_over()
        self.run_worker(self._lookout.run(), group="watch")
        await left.close()

    def refuse_changes(self) -> None:
        """Refuse every change until the room is left."""
        self._refusing = True
        self.fleet.refuse_changes()
        self._show_status()
        self.tell("Read-only until this room is left: nothing can be changed from here.")

    # ------------------------------------------------------------------ what is done

    async def ask(self, operation: str, /, **arguments: Any) -> "Report | None":
        """Carry out an operation and answer its report; None when it failed, which was told.

        Raises ConfirmationNeeded when what was confirmed has changed meanwhile.
        """
        away = self.sight.refusal(clock.monotonic())
        if away:
            self.tell(away, failed=True)
            return None
        try:
            return await self.fleet.perform(operation, **arguments)
        except ConfirmationNeeded:
            raise
        except ArqlightError as problem:
            self.tell(str(problem), failed=True)
        except Exception as problem:  # a failed operation must not end the room
            log.exception("%s failed", operation)
            self.tell(f"{operation} failed ({type(problem).__name__}: {problem})", failed=True)
        return None

    async def carry_out(self, operation: str, /, **arguments: Any) -> "Report | None":
        """Carry out an operation and tell what came of it; None when it failed. Raises ConfirmationNeeded."""
        report = await self.ask(operation, **arguments)
        if report is None:
            return None
        carried = report.state in ("queued", "running")
        skipped = "; ".join(f"{count} left alone: {why}" for why, count in report.skipped.items())
        told = f"{report.summary} ({skipped})" if skipped else report.summary
        self.tell(told, failed=not (report.changed or carried))
        for part in parts_of(report).values():
            if part.state in ("queued", "running"):
                self.run_worker(self._followed.follow(part.operation), group="bulks")
        self.alerting.hurry()
        self.look_now()
        return report

    def _tell_end(self, sentence: str, failed: bool) -> None:  # noqa: FBT001 - what is followed tells it so
        self.tell(sentence, failed=failed)
        self.look_now()

    async def answer(self, question: ModalScreen[A]) -> A:
        """Ask, and wait for the answer."""
        return await self.push_screen_wait(question)

    def open(self, screen: Screen[None]) -> None:
        """Put a screen in front."""
        self.push_screen(screen)

    def leave(self) -> None:
        """Take the screen in front away."""
        self.pop_screen()

    @property
    def view(self) -> str:
        """The view in front, or the one from which one has come here."""
        return self._navigation.view

    def go(self, view: str) -> None:
        """Go to a view: it stands right upon the overview, so that one step back leads there."""
        self._navigation.go(view)

    def go_back(self) -> None:
        """Go to the view before this one."""
        self._navigation.go_back()

    def press(self, key: Key) -> None:
        """Do what the key does."""
        self.simulate_key(key.keys.partition(",")[0])
