"""The app: paints first, then connects; hands what the watch sees to the screen in front; leaves the terminal tidy."""

import asyncio
import logging
import signal
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.screen import ModalScreen, Screen
from textual.worker import WorkerFailed

from arqlight_core import clock
from arqlight_core.errors import ArqlightError
from arqlight_screens.followed import Followed
from arqlight_screens.kept import Kept
from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line
from arqlight_screens.navigation import Navigation
from arqlight_screens.opening import Opening
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet
from arqlight_screens.text import visible
from arqlight_screens.themes import DARK, THEMES
from arqlight_screens.watch import UNWATCHED, WATCHED, Watch

if TYPE_CHECKING:
    from textual.command import Provider

    from arqlight_core.operations import Report

log = logging.getLogger(__name__)
_TOLD_FOR = 5.0
"""Seconds that a sentence stays."""


def _commands() -> "type[Provider]":
    return import_module("arqlight_screens.palette").Commands


class ControlRoom(App[None]):
    """The control room of one fleet."""

    TITLE = "arqlight"
    CSS_PATH: ClassVar[Any] = [
        "control_room.tcss",
        "lines.tcss",
        "confirm.tcss",
        "widgets/status_line.tcss",
        "widgets/line_table.tcss",
        "widgets/filter_line.tcss",
    ]
    COMMANDS: ClassVar[set[Any]] = {*App[None].COMMANDS, _commands}
    COMMAND_PALETTE_DISPLAY = "^p"

    def __init__(self, fleet: Fleet, driver_class: type[Driver] | None = None, *, kept: Kept | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.kept = kept or Kept()
        self._navigation = Navigation(self)
        self.animation_level = "none"
        self.fleet = fleet
        self.sight = Sight(seen=clock.monotonic())
        self.frozen_at: float | None = None
        self.crash: BaseException | None = None
        self._lookout = Watch(fleet, self._seen)
        self._followed = Followed(fleet, self._show_status, self._tell_end)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK

    def get_default_screen(self) -> Screen[None]:
        """What is painted first."""
        return Opening()

    def on_mount(self) -> None:
        """Obey signals from the first moment on: a killed program must not leave the terminal in a state."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            leave = partial(self.exit, return_code=128 + number)
            asyncio.get_running_loop().add_signal_handler(number, leave)
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        """Remember how it was left, and let go of the server."""
        self.kept.save()
        await self.fleet.close()

    def _begin(self) -> None:
        self.run_worker(self._open(), group="watch")

    async def _open(self) -> None:
        await asyncio.to_thread(import_module, "arqlight_screens.overview")
        self._navigation.begin()
        self.set_interval(1.0, self._tick)
        await self._lookout.run()

    # ------------------------------------------------------------------ what is seen

    async def _seen(self, sight: Sight) -> None:
        if self.frozen_at is None:
            self.sight = sight
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
        self._lookout.every = WATCHED if focus else UNWATCHED
        if focus:
            self.look_now()

    def look_now(self) -> None:
        """Look at the fleet before it is time to."""
        self._lookout.nudge()

    def freeze(self) -> None:
        """Hold the view still, or let it go on."""
        self.frozen_at = clock.monotonic() if self.frozen_at is None else None
        self._show_status()
        self.look_now()

    # ------------------------------------------------------------------ what is done

    async def ask(self, operation: str, **arguments: Any) -> "Report | None":
        """Carry out an operation and answer its report; None when it failed, which was told."""
        try:
            return await self.fleet.perform(operation, **arguments)
        except ArqlightError as problem:
            self.tell(str(problem), failed=True)
        except Exception as problem:  # a failed operation must not end the room
            log.exception("%s failed", operation)
            self.tell(f"{operation} failed ({type(problem).__name__}: {problem})", failed=True)
        return None

    async def carry_out(self, operation: str, **arguments: Any) -> None:
        """Carry out an operation and tell what came of it."""
        report = await self.ask(operation, **arguments)
        if report is None:
            return
        carried = report.state in ("queued", "running")
        skipped = "; ".join(f"{count} left alone: {why}" for why, count in report.skipped.items())
        told = f"{report.summary} ({skipped})" if skipped else report.summary
        self.tell(told, failed=not (report.changed or carried))
        if carried:
            self.run_worker(self._followed.follow(report.operation), group="bulks")
        self.look_now()

    def _tell_end(self, sentence: str, failed: bool) -> None:  # noqa: FBT001 - what is followed tells it so
        self.tell(sentence, failed=failed)
        self.look_now()

    async def confirmed(self, question: ModalScreen[bool]) -> bool:
        """Ask, and wait for the answer."""
        return await self.push_screen_wait(question)

    def open(self, screen: Screen[None]) -> None:
        """Put a screen in front."""
        self.push_screen(screen)

    def leave(self) -> None:
        """Take the screen in front away."""
        self.pop_screen()

    def go(self, view: str) -> None:
        """Go to a view: it stands right upon the overview, so that one step back leads there."""
        self._navigation.go(view)

    def go_back(self) -> None:
        """Go to the view before this one."""
        self._navigation.go_back()

    def press(self, key: Key) -> None:
        """Do what the key does."""
        self.simulate_key(key.keys.partition(",")[0])

    def tell(self, text: str, *, failed: bool = False) -> None:
        """Show a sentence for a moment."""
        self.notify(visible(text), severity="warning" if failed else "information", timeout=_TOLD_FOR, markup=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Of Textual's own commands, those that mean something here."""
        for command in super().get_system_commands(screen):  # pyright: ignore[reportUnknownMemberType]
            if command.title in {"Theme", "Screenshot"}:
                yield command

    # ------------------------------------------------------------------ the end

    def _handle_exception(self, error: Exception) -> None:
        """Log it without locals: they may hold payloads and passwords."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        log.critical("the control room ended", exc_info=cause)
        self.crash = self.crash or cause
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Whoever started the room says in one line what happened; Textual's own page would show locals."""
        self._exit_renderables.clear()
