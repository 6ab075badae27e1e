"""A supervised fleet: a supervisor as a process, and its children by their ids."""

import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.fleet import Fleet, Worker


class Supervised:
    """A supervisor that a fleet started; what it leaves behind is ended with `close`."""

    def __init__(self, fleet: Fleet, count: int, command: Sequence[str]) -> None:
        self._mark = str(fleet.journal.path)
        self.process: Worker = fleet.run([sys.executable, "-m", "tests.faults.supervised", str(count), *command])

    @property
    def children(self) -> list[int]:
        """Every process that it has started so far."""
        found = re.findall(r"worker process \d+ \(pid (\d+)\) started", self.process.log.read_text())
        return [int(pid) for pid in found]

    def lives(self, pid: int) -> bool:
        """Whether that child still runs; a stranger who got its id is told apart by the journal's name."""
        try:
            return self._mark in Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return False

    def kill(self, pid: int) -> None:
        if self.lives(pid):
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        if self.process.alive:
            self.process.kill()
        for pid in self.children:
            self.kill(pid)


Supervise = Callable[[int, Sequence[str]], Supervised]
