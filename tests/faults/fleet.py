"""The workers of a test: operating system processes, ended by their ids when the test is over."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from arqlight_core.clock import monotonic
from tests.faults import work
from tests.faults.journal import Journal
from tests.faults.worker_process import Options

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
"""Seconds until a test gives up on what has to happen: generous, for machines are shared."""


async def until(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What the condition answers as soon as that is true. Raises TimeoutError."""

    async def asked() -> T:
        return condition()

    return await eventually(asked, seconds)


async def eventually(condition: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """As `until`, for a condition that has to be awaited."""
    deadline = monotonic() + seconds
    while not (answer := await condition()):
        if monotonic() > deadline:
            raise TimeoutError(f"not true within {seconds} s: {condition}")
        await asyncio.sleep(0.02)
    return answer


class Worker:
    """One process that the test started."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as written:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=written, stderr=written)
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def exit_code(self, seconds: float = PATIENCE) -> int:
        await until(lambda: not self.alive, seconds)
        return self._process.wait()

    def said(self, words: str) -> bool:
        return words in self.log.read_text()


class Fleet:
    """Starts workers on one server and keeps their journal."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.journal = Journal(folder / "journal")
        self.workers: list[Worker] = []
        self._folder = folder

    def options(self, **given: Any) -> Options:
        return msgspec.convert({"url": self.url, "journal": str(self.journal.path), **given}, Options)

    def begin(self, **given: Any) -> Worker:
        """A worker that may still be starting."""
        return self.run(self.options(**given).command)

    def run(self, command: Sequence[str]) -> Worker:
        worker = Worker(command, self._folder / f"log-{len(self.workers)}")
        self.workers.append(worker)
        return worker

    async def start(self, **given: Any) -> Worker:
        """A worker that is up."""
        worker = self.begin(**given)
        await until(lambda: worker.pid in self.journal.pids("ready"))
        return worker

    def open_gate(self, name: str) -> None:
        work.gate(self.journal, name).touch()

    async def started(self, job_id: str, by: Worker | None = None) -> None:
        """Waits until the job runs (on that worker)."""
        await until(lambda: [pid for pid in self.journal.pids("start", job_id) if by is None or pid == by.pid])

    async def ended(self, job_id: str) -> None:
        await until(lambda: self.journal.entries("end", job_id))

    def close(self) -> None:
        """Ends what is left, and shows what the workers said: pytest prints it when the test failed."""
        for worker in self.workers:
            if worker.alive:
                worker.kill()
            sys.stdout.write(f"--- worker {worker.pid}\n{worker.log.read_text()[-4000:]}\n")
