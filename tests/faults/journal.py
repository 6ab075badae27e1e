"""What the jobs did, appended by the workers themselves to a file that no server can lose."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from arqlight_core.clock import monotonic


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of one run; `at` is the machine's monotonic clock, the same in every process."""

    event: str
    job_id: str
    attempt: int
    fence: int
    pid: int
    at: float


@dataclass(frozen=True, slots=True)
class Journal:
    path: Path

    def note(self, event: str, job_id: str = "-", attempt: int = 0, fence: int = 0) -> None:
        """One write to a file opened for appending: whole, or not there, whoever is killed meanwhile."""
        line = f"{event} {job_id} {attempt} {fence} {os.getpid()} {monotonic()}\n"
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(opened, line.encode())
        finally:
            os.close(opened)

    def entries(self, event: str, job_id: str | None = None) -> list[Entry]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        entries = (_entry(line) for line in lines)
        return [entry for entry in entries if entry.event == event and job_id in (None, entry.job_id)]

    def runs(self, event: str = "start") -> Counter[str]:
        """How often each job did this."""
        return Counter(entry.job_id for entry in self.entries(event))

    def pids(self, event: str, job_id: str | None = None) -> list[int]:
        return [entry.pid for entry in self.entries(event, job_id)]

    @property
    def highest_attempt(self) -> int:
        return max((entry.attempt for entry in self.entries("start")), default=0)


def _entry(line: str) -> Entry:
    event, job_id, attempt, fence, pid, at = line.split()
    return Entry(event, job_id, int(attempt), int(fence), int(pid), float(at))
