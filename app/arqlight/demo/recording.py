"""Records the demonstration's screen as an asciinema cast (format 2), from a terminal that is made for it.

Where this process has a terminal itself, what is recorded is seen there, too, and keys reach the screen.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import tty
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from arqlight.demo.stage import leave_orderly
from arqlight_core.clock import monotonic, now
from arqlight_core.errors import UsageError

SECONDS = 60.0
LEAVE = b"\x11"
"""Control and q: whatever view somebody has opened meanwhile, the screen is left at once."""
TERM = "xterm-256color"
LARGEST = 64 * 1024**2
"""Signs of a cast, after which the screen is left: hours of it, or a fault."""

_CHUNK = 1 << 16
_SMALLEST, _LARGEST = 20, 500
_SIZE = re.compile(r"(\d{2,3})x(\d{2,3})")

Size = tuple[int, int]
"""Columns and lines."""


def size_of(text: str) -> Size:
    """Columns and lines out of such as 120x40. Raises UsageError."""
    found = _SIZE.fullmatch(text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(_SMALLEST <= one <= _LARGEST for one in size):
        raise UsageError(f"{text!r} is no size; write columns and lines, each {_SMALLEST} to {_LARGEST}, as in 120x40.")
    return size


def recorded(file: Path, options: Sequence[str], seconds: float, size: Size) -> int:
    """Record `arqlight demo` with these options for so many seconds; answers its exit status. Raises UsageError."""
    try:
        cast = file.open("w", encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{file} cannot be written ({problem.strerror}); name another file.") from None
    with cast, _shown() as shown:
        leave_orderly()
        recorder = Recorder(cast, size, shown)
        return recorder.run([sys.executable, "-m", "arqlight", "demo", *options], seconds)


@dataclass(slots=True)
class Recorder:
    """One recording: the cast, and the terminal whose screen it is."""

    cast: IO[str]
    size: Size
    shown: "Screen | None" = None
    began: float = field(default_factory=monotonic)
    written: int = 0
    """Signs of the cast so far."""
    _decode: Callable[[bytes], str] = field(
        default_factory=lambda: getincrementaldecoder("utf-8")(errors="replace").decode
    )

    def run(self, argv: Sequence[str], seconds: float) -> int:
        """Run a program in a terminal of its own until its end, which is asked for after so many seconds."""
        columns, lines = self.size
        self._line({"version": 2, "width": columns, "height": lines, **_HEADER, "timestamp": int(now().timestamp())})
        master, slave = pty.openpty()
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        process = _started(argv, slave)
        os.close(slave)
        try:
            self._heard(master, self.began + seconds)
        except KeyboardInterrupt:
            process.terminate()
            self._heard(master, None)
            raise
        finally:
            os.close(master)
            process.wait()
        return process.returncode

    def _heard(self, master: int, leave_at: float | None) -> None:
        """Take down what is written, until the program has closed its terminal."""
        sources = [master, *([self.shown.keys] if self.shown else [])]
        while True:
            ready = select.select(sources, [], [], 0.1)[0]
            if self.shown and self.shown.keys in ready:
                os.write(master, os.read(self.shown.keys, _CHUNK))
            if master in ready and not self._took(master):
                return
            if leave_at is not None and (monotonic() > leave_at or self.written > LARGEST):
                leave_at = None
                os.write(master, LEAVE)

    def _took(self, master: int) -> bool:
        told = b""
        with suppress(OSError):  # a pseudo terminal's way to say that the other end was closed
            told = os.read(master, _CHUNK)
        if text := self._decode(told):
            self._line([round(monotonic() - self.began, 6), "o", text])
        if self.shown and told:
            self.shown.write(told)
        return bool(told)

    def _line(self, told: object) -> None:
        self.written += self.cast.write(msgspec.json.encode(told).decode() + "\n")


def _started(argv: Sequence[str], terminal: int) -> "subprocess.Popen[bytes]":
    """In a session of its own: an interrupt is ours to hand on."""
    environment = {**os.environ, "TERM": TERM, "COLORTERM": "truecolor"}
    return subprocess.Popen(  # noqa: S603 - our own program
        argv, env=environment, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    )


_HEADER = {"title": "arqlight demo", "env": {"TERM": TERM, "SHELL": "/bin/sh"}}


@dataclass(frozen=True, slots=True)
class Screen:
    """The terminal of this process."""

    keys: int
    output: int

    def write(self, told: bytes) -> None:
        """Show it."""
        while told:
            told = told[os.write(self.output, told) :]


@contextmanager
def _shown() -> "Generator[Screen | None]":
    """This process's own terminal, raw but for what interrupts; as it was afterwards. None where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield None
        return
    keys = sys.stdin.fileno()
    before = termios.tcgetattr(keys)
    try:
        tty.setcbreak(keys)  # Ctrl-C goes on to interrupt
        yield Screen(keys, sys.stdout.fileno())
    finally:
        termios.tcsetattr(keys, termios.TCSADRAIN, before)
