"""The control room beside a soak: opened when there is a server, and led through its views as long as that goes on."""

import sys
from itertools import cycle
from pathlib import Path

import psutil

from tests.bench.terminal import Terminal

VIEWS = b"1234567890m1"
"""Keys of views; the overview comes up twice in a round."""


class SoakedRoom:
    """A control room on a terminal of its own, over the demonstration's data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._views = folder, cycle(VIEWS)
        self._terminal: Terminal | None = None

    @property
    def processes(self) -> list[psutil.Process]:
        """The room's, once it is open."""
        return [psutil.Process(self._terminal.pid)] if self._terminal else []

    def visit(self, seconds: float) -> None:
        """Go to the next view and stay there for so long."""
        if self._terminal is None:
            self._terminal = Terminal(["/usr/bin/env", *self._places(), sys.executable, "-m", "arqlight"])
            self._terminal.until(b"queues", 60.0)
        self._terminal.type(bytes([next(self._views)]))
        self._terminal.listen(seconds)

    def _places(self) -> list[str]:
        named = {"ARQLIGHT_DATA_DIR": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"}
        return [f"{name}={self._folder / place}" for name, place in named.items()]

    @property
    def can_open(self) -> bool:
        """Whether there is a server to look at."""
        return any(self._folder.rglob("server.sock"))

    def close(self) -> None:
        """End it."""
        if self._terminal:
            self._terminal.close()
