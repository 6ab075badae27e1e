"""Drives the installed command line in processes of its own, as a user would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import forked

PATIENCE_SECONDS = 50.0
PAUSE_SECONDS = 0.02


@dataclass(slots=True)
class CommandLine:
    """One user's environment: a data folder of their own, nothing else set."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict[str, str])
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list["subprocess.Popen[bytes]"])

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
        return {**kept, "ARQLIGHT_DATA_DIR": str(self.folder), **self.extra}

    def run(self, *arguments: str, expect: int = 0, typed: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end and check its exit status."""
        done = forked.run("arqlight.__main__", arguments, self.environment, typed or "")
        assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def told(self, *arguments: str, expect: int = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--json", expect=expect).stdout)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command that goes on; stopped at the end of the test."""
        with (self.folder / "started.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "arqlight", *arguments], env=self.environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def wait_until(self, holds: Callable[[], Any], what: str, within: float = PATIENCE_SECONDS) -> Any:
        """Poll a condition until it holds, and answer what it gave."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = holds()
            if found:
                return found
            time.sleep(PAUSE_SECONDS)
        raise AssertionError(f"not within {within} s: {what}")

    def close(self) -> None:
        """End what was started, and the embedded server."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait(PATIENCE_SECONDS)
        self.run("server", "stop")
