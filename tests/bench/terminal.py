"""A program on a pseudo terminal, watched: what it writes and when, what it costs, how soon it answers a key."""

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from arqlight_core.clock import monotonic

ASKS_SYNC, HAS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Answered(NamedTuple):
    """Milliseconds from a key to the first and to the last of what is written for it.

    Without the time in which the program could have run and stood in line for a processor behind others: that is the
    machine's, and nothing on a quiet one.
    """

    first: float
    last: float


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

    def press(self, keys: bytes, quiet: float = 0.03) -> Answered:
        """Press them and read the answer: it ends with `quiet` seconds of silence. Raises TimeoutError without one."""
        self.settle(quiet)
        began, waited = monotonic(), self.waited()
        os.write(self._master, keys)
        told: list[float] = []
        while self.read(quiet if told else 2.0):
            told.append((monotonic() - began - (self.waited() - waited)) * 1000)
        if not told:
            raise TimeoutError(f"nothing was written for {keys!r}")
        return Answered(told[0], told[-1])

    def type(self, keys: bytes) -> None:
        """Press them, whatever is written for them."""
        os.write(self._master, keys)

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
        """Seconds of processor time so far, of all threads."""
        return sum(self._scheduled(one.name)[0] for one in Path(f"/proc/{self.pid}/task").iterdir())

    def waited(self) -> float:
        """Seconds so far in which the main thread could have run, and no processor was free."""
        return self._scheduled(str(self.pid))[1]

    def _scheduled(self, thread: str) -> tuple[float, float]:
        ran, waited, _ = Path(f"/proc/{self.pid}/task/{thread}/schedstat").read_text().split()
        return int(ran) / 1e9, int(waited) / 1e9

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
