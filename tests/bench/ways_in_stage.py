"""What the benchmark of the ways in plays on: a server, a process that serves, workers; and who kills some of them."""

import asyncio
import os
import random
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.jobs import State
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests import forked
from tests.bench.ways_in_client import Caller
from tests.bench.ways_in_processes import QUEUES

POSTS, FILES = (queue.name for queue in QUEUES)
UNFINISHED = (State.WAITING, State.SCHEDULED, State.ACTIVE, State.RETRYING, State.HELD)
STANDSTILL = 60.0
"""Seconds without a change after which nothing is waited for any more."""


def free_port() -> int:
    """A port that nobody listens at, and that no system gives to a client: it is still free when it is listened at."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


@dataclass
class Stage:
    """The server, whoever serves and works, and what they have in common."""

    folder: Path
    server: EmbeddedServer
    store: Store
    port: int
    hired: list[BaseProcess] = field(default_factory=list[BaseProcess])
    callers: list[Caller] = field(default_factory=list[Caller])

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder / "data", redis_url=self.server.url)

    def begin(self, kind: str) -> BaseProcess:
        told = (kind, self.server.url, str(self.settings.data_dir), str(self.port))
        process = forked.begin("tests.bench.ways_in_processes", told, self.folder / f"{kind}.log")
        self.hired.append(process)
        return process

    async def serve(self) -> psutil.Process:
        """A serving process that answers."""
        process = await asyncio.to_thread(self.begin, "serve")
        caller, deadline = Caller(self.port), monotonic() + STANDSTILL
        while monotonic() < deadline and process.exitcode is None:
            try:
                await caller.post("/health", {}, b"")
            except (OSError, EOFError):
                await asyncio.sleep(0.02)
            else:
                caller.close()
                return psutil.Process(process.pid)
        raise AssertionError((self.folder / "serve.log").read_text())

    async def kill_serving(self) -> None:
        self.hired[-1].kill()
        await asyncio.to_thread(self.hired[-1].join)
        await self.serve()

    async def kill_redis(self) -> None:
        os.kill(int((await self.store.info())["process_id"]), signal.SIGKILL)
        await asyncio.to_thread(self.server.ensure)

    def dismiss(self) -> None:
        for one in self.hired:
            one.kill()
            one.join()

    async def settled(self) -> float:
        """Seconds until nothing was left to do, or nothing moved any more."""
        began = moved = monotonic()
        before: list[dict[str, int]] = []
        while monotonic() < moved + STANDSTILL:
            queues = [one for one in (await observe.fleet(self.store)).queues if one.name in (POSTS, FILES)]
            if not any(one.counts[state] for one in queues for state in UNFINISHED):
                break
            if before != (before := [one.totals for one in queues]):
                moved = monotonic()
            await asyncio.sleep(0.1)
        return monotonic() - began
