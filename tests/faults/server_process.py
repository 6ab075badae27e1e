"""The server as a process that a test may kill, stop and start again."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from arqlight_core.store.connect import threaded
from arqlight_core.store.embedded import EmbeddedServer


class ServerProcess:
    """An embedded server by its process id."""

    def __init__(self, embedded: EmbeddedServer) -> None:
        self._embedded = embedded
        self.pid = self._asked_pid()

    def _asked_pid(self) -> int:
        client: Any = threaded(self._embedded.url)
        try:
            return int(client.info("server")["process_id"])
        finally:
            client.close()

    @asynccontextmanager
    async def down(self, seconds: float = 0.0) -> AsyncGenerator[None]:
        """Killed as by the kernel; started again, on the same data, no sooner than after these seconds."""
        os.kill(self.pid, signal.SIGKILL)
        try:
            yield
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(self._embedded.ensure)
            self.pid = self._asked_pid()

    @asynccontextmanager
    async def stalled(self) -> AsyncGenerator[None]:
        """There, and answering nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)
