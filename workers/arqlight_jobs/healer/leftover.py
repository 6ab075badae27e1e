"""A command that outlives its worker: noted while it runs, so that the next run ends it before it touches the site.

Else it could go on beside the same command run again, or change the site after everything was undone.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from arqlight_core.clock import monotonic
from arqlight_core.process_identity import born, is_zombie, place

DYING_S = 1.0
"""How long is waited for the end of what was killed."""

_GLANCE_S = 0.005


@dataclass(frozen=True, slots=True)
class Leftover:
    """The note of one attempt: a small file of its own."""

    note: Path

    @contextmanager
    def noted(self) -> Generator[Callable[[int], None]]:
        """Gives what is to be told the leader of a command's process group; at the end the command is over."""
        try:
            yield self._begun
        finally:
            self.note.unlink(missing_ok=True)

    def _begun(self, pid: int) -> None:
        self.note.write_text(json.dumps({"pid": pid, "born": born(pid), "place": place()}))

    def end(self) -> None:
        """End what was noted, if it still runs on this machine. Call it in a thread.

        Where the kernel does not tell whether it is the same process, it is left alone.
        """
        with suppress(OSError, ValueError):
            told = json.loads(self.note.read_text())
            if told["place"] and told["born"] and (told["place"], told["born"]) == (place(), born(told["pid"])):
                _kill(told["pid"])
        self.note.unlink(missing_ok=True)


def _kill(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)
    until = monotonic() + DYING_S
    while born(pid) and not is_zombie(pid) and monotonic() < until:
        time.sleep(_GLANCE_S)
