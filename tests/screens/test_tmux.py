"""The real program in the terminal that most of its users sit at: tmux, at the smallest size that is promised."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

PATIENCE = 15.0
QUEUE = QueueKeys.declared("billing:validation")


@dataclass(frozen=True)
class Tmux:
    """A tmux server of its own, with one window."""

    socket: Path

    def tell(self, *words: str) -> str:
        command = ["tmux", "-S", str(self.socket), "-f", os.devnull, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @property
    def shown(self) -> str:
        return self.tell("capture-pane", "-p")

    def until(self, wanted: str) -> str:
        return self._until(lambda shown: wanted in shown, wanted)

    def until_not(self, gone: str) -> str:
        return self._until(lambda shown: gone not in shown and shown.rstrip().endswith("? help"), f"without {gone}")

    def _until(self, condition: Callable[[str], bool], what: str) -> str:
        deadline = time.perf_counter() + PATIENCE
        while not condition(shown := self.shown):
            assert time.perf_counter() < deadline, f"never shown: {what!r}; but\n{shown}"
        return shown


@pytest.fixture
def tmux(folder: Path, store: Store) -> Generator[Tmux]:
    """The control room of the test's server in a window of 80 by 24; the shell that began it tells how it ended."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    session = Tmux(folder / "tmux")
    begun = f"{sys.executable} -m arqlight; echo left with $?; exec sh"
    told = {"REDIS_URL": store.url, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    variables = [word for name, value in told.items() for word in ("-e", f"{name}={value}")]
    session.tell("new-session", "-d", "-x", "80", "-y", "24", *variables, begun)
    yield session
    session.tell("kill-server")


async def test_the_program_is_steered_and_left_in_tmux(tmux: Tmux, store: Store) -> None:
    await store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}})
    shown = tmux.until(QUEUE.name)
    assert max(map(len, shown.splitlines())) <= 80
    tmux.tell("resize-window", "-x", "120", "-y", "40")
    assert len(tmux.until("out/s").splitlines()) == 40  # a column that has no room at 80
    tmux.tell("resize-window", "-x", "80", "-y", "24")
    shown = tmux.until_not("out/s")
    assert shown.splitlines()[-1].strip().endswith("? help")
    tmux.tell("send-keys", "Enter")
    tmux.until("no waiting jobs")
    tmux.tell("send-keys", "Escape")
    tmux.until("1 queue")
    tmux.tell("send-keys", "q")
    assert "left with 0" in tmux.until("left with")
