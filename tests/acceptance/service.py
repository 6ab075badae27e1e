"""A server in the background, declared in its folder, so that anybody can start it: `service.py start FOLDER`.

The hooks of a site's owner run this as a program of its own: it needs nothing but Python's library.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE_S = 60.0


class Service:
    """A server on a port of its own, with a folder for its declaration, its process id and its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    @property
    def port(self) -> int:
        """Where it listens."""
        return json.loads((self.folder / "declaration.json").read_text())["port"]

    @classmethod
    def declared(cls, folder: Path, port: int, argv: Sequence[str], environment: Mapping[str, str]) -> "Service":
        """A service that can be started; `environment` is added to ours."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {"port": port, "argv": list(argv), "environment": dict(environment)}
        (folder / "declaration.json").write_text(json.dumps(told))
        return cls(folder)

    def hook(self) -> tuple[str, ...]:
        """The command that has it started again."""
        return (sys.executable, __file__, "start", str(self.folder))

    def start(self) -> None:
        """Start it unless it runs, by a process between us: it is nobody's child, as with a system's own services."""
        subprocess.run(self.hook(), check=True, timeout=PATIENCE_S + 5)

    def stop(self) -> None:
        """Kill it, with all its processes. Nothing happens when it is down."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.killpg(int((self.folder / "pid").read_text()), signal.SIGKILL)
        _until(lambda: not self._is_up())

    def run(self) -> None:
        """Start it here, and wait until it answers."""
        told = json.loads((self.folder / "declaration.json").read_text())
        if self._is_up():
            return
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                told["argv"],
                env={**os.environ, **told["environment"]},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(process.pid))
        _until(lambda: process.poll() is not None or self._is_up())
        if process.poll() is not None:
            sys.exit(f"{told['argv'][0]} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def _is_up(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=5):
            return True
        return False


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


def _until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not so():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


if __name__ == "__main__":
    Service(Path(sys.argv[2])).run()
