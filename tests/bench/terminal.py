"""A program on a pseudo terminal, watched: what it writes and when, what it costs, how soon it answers a key."""

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Sequence
from pathlib import Path

from arqlight_core.clock import monotonic

ASKS_SYNC, HAS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Terminal:
    """The other end of a program's terminal. It says that it can paint whole frames at once, as good ones do."""

    def __init__(self, argv: Sequence[str], columns: int = 120, lines: int = 40) -> None:
        self.begun = monotonic()
        self.pid, self._master = pty.fork()
        if not self.pid:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execv(argv[0], list(argv))  # noqa: S606 - the program that is measured
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.output = b""

    def read(self, seconds: float) -> bytes:
        """What is written within so many seconds; as soon as there is anything."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            told = os.read(self._master, 1 << 20)
        except OSError:  # a pseudo terminal's way to say that the other end was closed
            return b""
        if ASKS_SYNC in told:
            os.write(self._master, HAS_SYNC)
        self.output = (self.output + told)[-2_000_000:]
        return told

    def until(self, wanted: bytes, seconds: float = 30.0) -> float:
        """Seconds from the start of the program until it has written this."""
        deadline = monotonic() + seconds
        while wanted not in self.output:
            if monotonic() > deadline:
                raise TimeoutError(f"{wanted!r} was not written; but {self.output[-3000:]!r}")
            self.read(0.05)
        return monotonic() - self.begun

    def press(self, keys: bytes, quiet: float = 0.03) -> tuple[float, float]:
        """Seconds until the first byte of the answer, and until the last before `quiet` seconds of silence."""
        self.settle(quiet)
        began = monotonic()
        os.write(self._master, keys)
        first = last = 0.0
        while monotonic() - (last or began) < (quiet if last else 2.0):
            if self.read(quiet if last else 0.5):
                last = monotonic()
                first = first or last
        return first - began, last - began

    def settle(self, quiet: float) -> None:
        """Wait for a moment of silence."""
        while self.read(quiet):
            pass

    def listen(self, seconds: float) -> float:
        """Read for so long; answers bytes a second."""
        began, heard = monotonic(), 0
        while (left := seconds - (monotonic() - began)) > 0:
            heard += len(self.read(left))
        return heard / seconds

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Megabytes in memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE / 1e6

    def close(self) -> None:
        """End the program and wait for it."""
        os.kill(self.pid, 15)
        while self.read(1.0):
            pass
        os.close(self._master)
        os.waitpid(self.pid, 0)
