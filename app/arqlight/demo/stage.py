"""What the demonstration stands on: a scratch folder, data, a server and a fleet, its own and gone afterwards."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import msgspec
import psutil

from arqlight.demo.doors import HOST, VARIABLES, Doors, doors
from arqlight.demo.telling import Standing
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings, load
from arqlight_core.store import connect
from arqlight_core.store.embedded import EmbeddedServer

FAREWELLS = (signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 10.0
VERIFY_PAUSE_SECONDS = 1.0
"""Between two looks at a healed site: five times as fast as usual, for a show."""

BREAKER_MS = 6000
"""For how long a breaker is open: fifty times as fast as usual, for a show."""

PRIVATE = frozenset(VARIABLES.values())
"""Accounts and channels by which real people would be told of invented trouble, and sent invented messages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The running parts. `settings` point at them; `scratch` is for what the world needs."""

    settings: Settings
    url: str
    fleet: "subprocess.Popen[bytes]"
    doors: Doors
    scratch: Path
    told: Mapping[str, str]
    """The variables that lead here."""

    @property
    def standing(self) -> Standing:
        """What others are told of it."""
        own = "" if self.settings.redis_url else str(self.settings.data_dir)
        return Standing(dict(self.told), self.url, self.fleet.pid, own)

    def drain(self) -> int:
        """Stop the fleet; running jobs finish within the grace. Answers its exit status."""
        if self.fleet.poll() is None:
            self.fleet.terminate()
        return self.fleet.wait()


@contextmanager
def stage(processes: int, scratch: Path) -> Generator[Stage]:
    """Set the stage; take it down whatever happens.

    With REDIS_URL set the fleet works there; with ARQLIGHT_DATA_DIR set the data stays there, else in the scratch
    folder, which goes.
    """
    with doors() as opened:
        told = _told(load(), _data_dir(scratch), opened)
        own = load(environment(told))
        embedded = EmbeddedServer.of(own.data_dir)
        url = own.redis_url or embedded.ensure()
        fleet = _fleet(own.data_dir, {**told, "REDIS_URL": url}, processes)
        standing = Stage(own, url, fleet, opened, scratch, told)
        leave_orderly()
        try:
            yield standing
        finally:
            _on_farewell(signal.SIG_IGN)  # the stage is taken down whole, however often one is told to go
            standing.drain()
            if not own.redis_url:
                embedded.stop()
            shutil.rmtree(scratch, ignore_errors=True)


def strike(left: Standing | None, scratch: Path) -> None:
    """Take down what a process has left that could not do so itself."""
    if left:
        with suppress(psutil.NoSuchProcess):
            _end(psutil.Process(left.fleet))
        if left.server:
            EmbeddedServer.of(Path(left.server)).stop()
    shutil.rmtree(scratch, ignore_errors=True)


def _end(fleet: psutil.Process) -> None:
    if "arqlight" not in fleet.cmdline():
        return  # it has ended, and another process has its number
    fleet.terminate()
    try:
        fleet.wait(GRACE_SECONDS * 2)
    except psutil.TimeoutExpired:
        os.killpg(fleet.pid, signal.SIGKILL)  # it is the head of its session


def leave_orderly() -> None:
    """From now on SIGTERM and SIGHUP interrupt as Ctrl-C does, so that nothing of the stage stays behind."""
    _on_farewell(_interrupt)


@contextmanager
def told_to_go(farewell: Callable[[], None], line: int | None = None) -> Generator[None]:
    """In the main thread's event loop, call this when a signal says to go, in place of interrupting whatever runs.

    An interrupt, or a cancellation, in the midst of anything may leave something behind. It is also time to go when
    `line`, a file whose other end is whoever has started this, says anything or ends.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, *FAREWELLS):
        loop.add_signal_handler(number, farewell)

    def heard() -> None:
        loop.remove_reader(line or 0)
        farewell()

    if line is not None:
        loop.add_reader(line, heard)
    try:
        yield
    finally:
        for number in (signal.SIGINT, *FAREWELLS):
            loop.remove_signal_handler(number)
        if line is not None:
            loop.remove_reader(line)
        leave_orderly()


def environment(told: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without any that lead to people and providers, and these."""
    return {**{name: value for name, value in os.environ.items() if name not in PRIVATE}, **told}


def _on_farewell(handler: "Callable[[int, FrameType | None], None] | signal.Handlers") -> None:
    for number in FAREWELLS:
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: "FrameType | None") -> None:
    raise KeyboardInterrupt


def kept() -> str:
    """Where is, afterwards too, what comes of it: what REDIS_URL and ARQLIGHT_DATA_DIR say; '' where all of it goes."""
    settings, folder = load(), os.environ.get("ARQLIGHT_DATA_DIR")
    if not settings.redis_url and not folder:
        return ""
    jobs = connect.shown(settings.redis_url) if settings.redis_url else folder
    records = f"records, files and fleet.log are in {folder}" if folder else "records and files are gone"
    return f"The jobs stay at {jobs}; {records}."


def _data_dir(scratch: Path) -> Path:
    named = os.environ.get("ARQLIGHT_DATA_DIR")
    folder = Path(named) if named else scratch / "data"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        told = f"ARQLIGHT_DATA_DIR: {folder} cannot be made ({problem.strerror}); name another folder."
        raise UsageError(told) from None
    return folder


def _told(settings: Settings, folder: Path, opened: Doors) -> dict[str, str]:
    """The settings as the show needs them, as variables."""
    allowed = ",".join(filter(None, (settings.ssrf_allowlist, HOST)))
    own = {
        "data_dir": folder,
        "grace": GRACE_SECONDS,
        "verify_pause": VERIFY_PAUSE_SECONDS,
        "breaker_timeout_ms": BREAKER_MS,
        "ssrf_allowlist": allowed,
    }
    names = {one.name: one.encode_name for one in msgspec.structs.fields(Settings)}
    return {**{names[name]: str(value) for name, value in own.items()}, **opened.environment}


def _fleet(folder: Path, told: Mapping[str, str], processes: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "arqlight", "fleet", "--processes", str(processes)]
    with (folder / "fleet.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a fixed argument list
            command, env=environment(told), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
