"""The control room's way in: joins the screens to the store, and leaves with an exit code.

Nothing here imports the Redis client before the first frame is on the screen.
"""

import gc
import logging
import logging.handlers
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arqlight import orphans, places, room_settings
from arqlight.named_servers import NamedServers
from arqlight.store_fleet import StoreFleet
from arqlight_core.errors import UsageError
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.settings import load
from arqlight_screens import garbage
from arqlight_screens.control_room import ControlRoom
from arqlight_screens.kept import Kept

if TYPE_CHECKING:
    from arqlight_core.settings import Settings

_LOG_BYTES = 1_000_000
_READ_FOR = 9.0
"""Seconds that a notice stays."""


class Notices:
    """A way to say something on the screen, from any thread; what is said before or after it is not heard."""

    def __init__(self) -> None:
        self.room: ControlRoom | None = None

    def show(self, text: str) -> None:
        """Show a sentence for as long as it takes to read it."""
        if self.room is not None and self.room.is_running:
            self.room.notify(text, timeout=_READ_FOR, markup=False)


def run(
    url_of: Callable[[], str],
    *,
    actor: str = "",
    read_only: bool = False,
    settings: "Settings | None" = None,
    notices: Notices | None = None,
    remembers: bool = True,
) -> int:
    """Show the control room until it is left; answers the exit code.

    Args:
        url_of: Gives the server's address. Called in a thread once the first frame is shown, and may take its time;
            an ArqlightError of it is shown, and it is asked again.
        actor: Who is at the keyboard; by default the user of the machine.
        read_only: Refuse every operation.
        settings: Where the domains' records are; by default as the environment says.
        notices: What else is to be said on the screen.
        remembers: Go on from where the room was left last, and have the next one do so; else it begins as new.
    """
    _prepare()
    told = room_settings.read()
    servers = NamedServers(lambda: StoreFleet(url_of, actor, read_only=load().read_only))
    _log_to(places.log())
    room = ControlRoom(
        StoreFleet(url_of, actor, read_only=read_only, settings=settings),
        _driver(),
        kept=Kept(places.memory() if remembers else None),
        servers=servers,
        clipboard=told.clipboard,
        thresholds=read_thresholds(load().alerts),
    )
    if notices is not None:
        notices.room = room
    room.run(mouse=told.mouse)
    if room.crash is not None:
        _say(f"The control room met an error and closed ({type(room.crash).__name__}); {places.log()} has the details.")
    return room.return_code or 0


def _prepare() -> None:
    if in_browser():
        orphans.end_with_parent()
    elif not _has_terminal():
        raise UsageError("The screen needs a terminal; `arqlight status` prints the same numbers anywhere.")
    gc.set_threshold(garbage.YOUNG, garbage.MIDDLE, garbage.OLD)


def in_browser() -> bool:
    """Whether `arqlight web` shows this room."""
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def _has_terminal() -> bool:
    """Whether it can be drawn: Textual writes to the standard error."""
    return all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr)) and os.environ.get("TERM", "dumb") != "dumb"


def _driver() -> Any:
    if in_browser():
        return None  # Textual's own, named by the variable
    from arqlight_screens.driver import QuickDriver  # noqa: PLC0415 - needs a terminal of a POSIX system

    return QuickDriver


def _log_to(file: Path) -> None:
    """Log to the file alone: anything written to the terminal would land across the screen."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=1)
    except OSError:
        handler = logging.NullHandler()  # a room without a log is better than none
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
