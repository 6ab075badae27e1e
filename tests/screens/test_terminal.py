"""The room in a terminal of its own: how it begins, and how it leaves the terminal when it ends."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from arqlight_core.store.embedded import EmbeddedServer

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # the child executes at once
LEFT, RESTORED, MOUSE_OFF = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1003l"
START = """
import sys
from arqlight import tui
{before}
sys.exit(tui.run(lambda: sys.argv[1], actor="otto"))
"""
CRASH = """
from arqlight_screens import room_screen
def broken(self): secret = "hunter2"; raise RuntimeError("odd")
room_screen.RoomScreen.action_help = broken
"""
LATE = """
from arqlight_screens.control_room import ControlRoom
HEAVY = {"redis", "sqlalchemy", "httpx", "cryptography", "arqlight_jobs"}
begin = ControlRoom._begin
def begun(self):
    open(sys.argv[2], "w").write(repr(sorted(HEAVY & set(sys.modules))))
    begin(self)
ControlRoom._begin = begun
"""


@dataclass
class Terminal:
    """A program on a pseudo terminal."""

    pid: int
    master: int
    output: bytes = field(default=b"")

    def read_until(self, wanted: bytes, seconds: float = 15.0) -> None:
        deadline = time.perf_counter() + seconds
        while wanted not in self.output:
            assert time.perf_counter() < deadline, f"never written: {wanted!r}; but: {self.output[-2000:]!r}"
            self._read(0.05)

    def _read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.output += os.read(self.master, 65536)
            except OSError:  # a pseudo terminal's way to say that the other end was closed
                return

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def ended(self, seconds: float = 15.0) -> int:
        """The exit status, once it has ended."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._read(0.02)
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it does not end")

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


class Launch:
    """Starts the room on a server, in a terminal."""

    def __init__(self, url: str, state: Path) -> None:
        self._url, self.state, self._open = url, state, list[Terminal]()

    def __call__(self, before: str = "") -> Terminal:
        command = [sys.executable, "-c", START.format(before=before), self._url, str(self.state / "told")]
        environment = os.environ | {"TERM": "xterm-256color", "XDG_STATE_HOME": str(self.state)}
        pid, master = pty.fork()
        if pid == 0:
            os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter
        self._open.append(Terminal(pid, master))
        return self._open[-1]

    def close(self) -> None:
        for terminal in self._open:
            terminal.close()


@pytest.fixture
def launch(shared_server: EmbeddedServer, tmp_path: Path) -> Generator[Launch]:
    launched = Launch(shared_server.url, tmp_path)
    yield launched
    launched.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_room_and_restores_the_terminal(launch: Launch, number: signal.Signals) -> None:
    terminal = launch()
    terminal.read_until(b"workers")
    os.kill(terminal.pid, number)
    assert terminal.ended() == 128 + number
    assert terminal.output.index(LEFT) < terminal.output.index(RESTORED)
    assert MOUSE_OFF in terminal.output


def test_a_bug_ends_the_room_in_one_line_with_the_details_in_a_log(launch: Launch) -> None:
    terminal = launch(CRASH)
    terminal.read_until(b"workers")
    terminal.press(b"?")
    assert terminal.ended() == 1
    said = terminal.output.split(RESTORED)[-1]
    assert b"The control room met an error and closed (RuntimeError)" in said
    assert b"Traceback" not in said
    log = (launch.state / "arqlight" / "control-room.log").read_text()
    assert "RuntimeError: odd" in log
    assert "hunter2" not in log.replace('secret = "hunter2"', "")


def test_bytes_that_are_no_text_and_a_lone_escape_are_survived(launch: Launch) -> None:
    terminal = launch()
    terminal.read_until(b"workers")
    terminal.press(b"\x1b[M \xff\xfe")
    terminal.press(b"?")
    terminal.read_until(b"one line down")
    terminal.output = b""
    terminal.press(b"\x1b")
    terminal.read_until(b"workers")
    terminal.press(b"q")
    assert terminal.ended() == 0


def test_the_first_frame_waits_for_nothing_heavy(launch: Launch) -> None:
    terminal = launch(LATE)
    terminal.read_until(b"workers")
    assert (launch.state / "told").read_text() == "[]"
    terminal.press(b"q")
    assert terminal.ended() == 0
