"""What any program in a terminal owes its user: it obeys signals, loses no key, and leaves the terminal tidy."""

import asyncio
import logging
import signal
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.widgets import Input
from textual.worker import WorkerFailed

from arqlight_screens.garbage import Garbage
from arqlight_screens.lines import TONE_CLASSES
from arqlight_screens.text import visible

log = logging.getLogger(__name__)
_TOLD_FOR = 5.0
"""Seconds that a sentence stays."""


class Program(App[None]):
    """The app, before it knows of any fleet. `crash` is what ended it, if anything did."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.animation_level = "none"
        self.crash: BaseException | None = None
        self.garbage = Garbage()

    def on_mount(self) -> None:
        """Obey signals from the first moment on: a killed program must not leave the terminal in a state."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            leave = partial(self.exit, return_code=128 + number)
            asyncio.get_running_loop().add_signal_handler(number, leave)

    async def on_event(self, event: events.Event) -> None:
        """What is typed right behind the key that opened a line belongs to the line: it was on its way to the rows."""
        if isinstance(event, events.InputEvent):
            self.garbage.touched()
        if isinstance(event, events.Key) and event.is_forwarded and event.is_printable:
            line = self.focused
            if isinstance(line, Input):
                line.insert_text_at_cursor(event.character or "")
                return
        await super().on_event(event)

    def tell(self, text: str, *, failed: bool = False) -> None:
        """Show a sentence for a moment."""
        self.notify(visible(text), severity="warning" if failed else "information", timeout=_TOLD_FOR, markup=False)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the room's own styles use beside the variables that every theme has."""
        told = self.current_theme.to_color_system().generate()
        faint, ground = f"{told['foreground']} 62%", told["background"]
        return {"faint": faint, "ground-of-badge": ground, "cursor-ground": told["panel"]}

    def _handle_exception(self, error: Exception) -> None:
        """Log it without locals: they may hold payloads and passwords."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        log.critical("the control room ended", exc_info=cause)
        self.crash = self.crash or cause
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Whoever started the room says in one line what happened; Textual's own page would show locals."""
        self._exit_renderables.clear()
