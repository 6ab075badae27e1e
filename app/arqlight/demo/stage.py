"""What the demonstration stands on: a data folder, a server and a fleet, all its own and gone afterwards."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import msgspec

from arqlight.demo.doors import HOST, VARIABLES, Doors, doors
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer

FAREWELLS = (signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 10.0
VERIFY_PAUSE_SECONDS = 1.0
"""Between two looks at a healed site: five times as fast as usual, for a show."""

PRIVATE = frozenset(VARIABLES.values())
"""Accounts and channels by which real people would be told of invented trouble, and sent invented messages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The running parts. `settings` point at them."""

    settings: Settings
    url: str
    fleet: "subprocess.Popen[bytes]"
    doors: Doors

    def drain(self) -> int:
        """Stop the fleet; running jobs finish within the grace. Answers its exit status."""
        if self.fleet.poll() is None:
            self.fleet.terminate()
        return self.fleet.wait()


@contextmanager
def stage(settings: Settings, processes: int) -> Generator[Stage]:
    """Set the stage; take it down whatever happens.

    With REDIS_URL set the fleet works there; with ARQLIGHT_DATA_DIR set the data stays there.
    """
    with _folder() as folder, doors() as opened:
        own = opened.leading(_adapted(settings, folder))
        embedded = EmbeddedServer.of(folder)
        url = own.redis_url or embedded.ensure()
        fleet = _fleet(own, url, processes, opened)
        standing = Stage(own, url, fleet, opened)
        leave_orderly()
        try:
            yield standing
        finally:
            _on_farewell(signal.SIG_IGN)  # the stage is taken down whole, however often one is told to go
            standing.drain()
            if not own.redis_url:
                embedded.stop()


def leave_orderly() -> None:
    """From now on SIGTERM and SIGHUP interrupt as Ctrl-C does, so that nothing of the stage stays behind."""
    _on_farewell(_interrupt)


@contextmanager
def told_to_go(farewell: Callable[[], None]) -> Generator[None]:
    """In the main thread's event loop, call this when a signal says to go, in place of interrupting whatever runs.

    An interrupt, or a cancellation, in the midst of anything may leave something behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, *FAREWELLS):
        loop.add_signal_handler(number, farewell)
    try:
        yield
    finally:
        for number in (signal.SIGINT, *FAREWELLS):
            loop.remove_signal_handler(number)
        leave_orderly()


def _on_farewell(handler: "Callable[[int, FrameType | None], None] | signal.Handlers") -> None:
    for number in FAREWELLS:
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: "FrameType | None") -> None:
    raise KeyboardInterrupt


@contextmanager
def _folder() -> Generator[Path]:
    named = os.environ.get("ARQLIGHT_DATA_DIR")
    if named:
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="arqlight-demo-") as made:
        yield Path(made)


def _adapted(settings: Settings, folder: Path) -> Settings:
    """The settings as the show needs them."""
    allowed = ",".join(filter(None, (settings.ssrf_allowlist, HOST)))
    return msgspec.structs.replace(
        settings, data_dir=folder, grace=GRACE_SECONDS, verify_pause=VERIFY_PAUSE_SECONDS, ssrf_allowlist=allowed
    )


def _fleet(settings: Settings, url: str, processes: int, doors: Doors) -> "subprocess.Popen[bytes]":
    environment = {
        **{name: value for name, value in os.environ.items() if name not in PRIVATE},
        "REDIS_URL": url,
        "ARQLIGHT_DATA_DIR": str(settings.data_dir),
        "ARQLIGHT_GRACE": str(settings.grace),
        "HEALER_VERIFY_PAUSE": str(settings.verify_pause),
        "SSRF_ALLOWLIST": settings.ssrf_allowlist,
        **doors.environment,
    }
    command = [sys.executable, "-m", "arqlight", "fleet", "--processes", str(processes)]
    with (settings.data_dir / "fleet.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a fixed argument list
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
