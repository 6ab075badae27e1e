"""The demonstration as seen by who has started it: a process of its own that is told to end, and tells how it goes."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from arqlight.demo.stage import leave_orderly, strike
from arqlight.demo.telling import Over, Problem, Said, Standing, Told, Wanted
from arqlight_core.errors import ArqlightError, UsageError

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NAMED = re.compile(r"^[ |]*((?:\w+\.)*\w*(?:Error|Exception|Exit|Timeout)\w*(?:: .*)?)$", re.MULTILINE)
"""A line of a traceback that names an error, also within an exception group."""
_LONGEST = 300
"""Signs of what a process that broke down has said last."""


class BrokeDown(ArqlightError):
    """The process with the world has ended by itself."""


@dataclass(slots=True)
class Performance:
    """What is under way. `said` is called with each thing that happens, in a thread of its own."""

    process: "subprocess.Popen[bytes]"
    errors: IO[bytes]
    said: Callable[[Said], None]
    left: Standing | None = None
    over: Over | Problem | None = None
    _stands: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def stand(self) -> Standing:
        """Wait for the stage. Raises what keeps it from standing."""
        self._stands.wait()  # unlike a thread's join it may be interrupted
        if self.left is None:
            raise self._problem()
        return self.left

    def await_end(self) -> None:
        """Return once it has ended, however it has."""
        self._ended.wait()

    def stop(self) -> None:
        """Have the traffic end; then the fleet drains and the account is closed."""
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()

    def end(self) -> Over:
        """Wait for the end. Raises what came between."""
        self._ended.wait()
        if isinstance(self.over, Over):
            return self.over
        raise self._problem()

    def _problem(self) -> BaseException:
        if not isinstance(self.over, Problem):
            why, kept = self._last_words(), self._kept()
            told = f"; {kept} has all that it said" if kept else ""
            return BrokeDown(f"The demonstration has broken down ({why}); what it had begun is ended{told}.")
        if not self.over.sentence:
            return KeyboardInterrupt()
        kind = UsageError if self.over.status == UsageError.exit_status else ArqlightError
        return kind(self.over.sentence)

    def listen(self) -> None:
        """Hear what is told until it ends."""
        with self.process:  # its pipes are closed at its end
            for line in self.process.stdout or ():
                self._hear(msgspec.json.decode(line, type=Told))
        self._stands.set()
        self._ended.set()

    def _hear(self, told: Told) -> None:
        match told:
            case Standing():
                self.left = told
                self._stands.set()
            case Said():
                self.said(told)
            case _:
                self.over = told

    def _last_words(self) -> str:
        """The last error that is named: the very last line of a group's traceback is but a frame."""
        said = self._said().strip()
        last = _NAMED.findall(said)[-1:] or [said.rpartition("\n")[2]]
        return last[0][:_LONGEST] or f"exit status {self.process.returncode}"

    def _said(self) -> str:
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def _kept(self) -> Path | None:
        """Where its traceback lies from now on; None where there is none."""
        if "\n" not in self._said().strip():
            return None
        with tempfile.NamedTemporaryFile("w", prefix="arqlight-demo-", suffix=".log", delete=False) as file:
            file.write(self._said())
        return Path(file.name)


@contextmanager
def performance(wanted: Callable[[str], Wanted], said: Callable[[Said], None]) -> Generator[Performance]:
    """Begin it; at the end of the context nothing of it is left, however it ends.

    Args:
        wanted: What to show, given the scratch folder.
        said: Called with what happens.
    """
    leave_orderly()
    scratch = Path(tempfile.mkdtemp(prefix="arqlight-demo-"))
    with tempfile.TemporaryFile() as errors:
        begun = Performance(_begun(wanted(str(scratch)), errors), errors, said)
        ears = threading.Thread(target=begun.listen, name="demo")
        ears.start()
        try:
            yield begun
        finally:
            for number in _ENDS:
                signal.signal(number, signal.SIG_IGN)  # it is taken down whole, however often one is told to go
            begun.stop()
            ears.join()
            if begun.over is None:
                strike(begun.left, scratch)
            shutil.rmtree(scratch, ignore_errors=True)
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _begun(wanted: Wanted, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    """In a session of its own: what the terminal tells all of its processes concerns the one in front alone."""
    return subprocess.Popen(  # noqa: S603 - a fixed argument list
        [sys.executable, "-m", "arqlight.demo.playing", msgspec.json.encode(wanted).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
