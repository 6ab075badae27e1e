"""A worker beside a soak that nothing takes down: it shows how the memory of one that lives long goes.

It serves every queue but that of the poisonous job, which it leaves to the demonstration's own.
"""

import subprocess
import sys
from pathlib import Path

import psutil

from arqlight_core.catalogue import Catalogue
from arqlight_jobs.crm.ai import ai


class Witness:
    """The worker, once it has joined."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def processes(self) -> list[psutil.Process]:
        """Its process, while it lives."""
        return [psutil.Process(self._worker.pid)] if self._worker and self._worker.poll() is None else []

    def join(self, supervisor: psutil.Process) -> None:
        """Work for the same server, with the same settings, as the fleet of this supervisor."""
        served = [name for name in Catalogue.discover("arqlight_jobs").queues if name != ai.name]
        chosen = [part for name in served for part in ("--queue", name)]
        with self._log.open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "arqlight", "fleet", *chosen], env=supervisor.environ(), stderr=log
            )

    def close(self) -> None:
        """End it."""
        if self._worker:
            self._worker.terminate()
            self._worker.wait()
