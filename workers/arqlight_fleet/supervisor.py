"""Keeps a number of worker processes alive: restarts what crashes, with backoff; passes a drain on and waits for it."""

import asyncio
import logging
import signal
from collections.abc import Sequence

from arqlight_core.clock import monotonic

logger = logging.getLogger("arqlight.supervisor")

SHORTEST_LIFE = 5.0
"""Seconds a process has to live for its crash not to count as one in a row."""

LONGEST_BACKOFF = 30.0


class Supervisor:
    """Runs `count` processes of one command until told to drain."""

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command = command
        self._count = count
        self._draining = asyncio.Event()
        self._running: set[asyncio.subprocess.Process] = set()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT, and until every process has drained."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        async with asyncio.TaskGroup() as group:
            for place in range(1, self._count + 1):
                group.create_task(self._keep_alive(place))

    def drain(self) -> None:
        """Tell every process to drain; a second time, to give its jobs back at once."""
        self._draining.set()
        for process in self._running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)

    async def _keep_alive(self, place: int) -> None:
        crashes = 0
        while not self._draining.is_set():
            began = monotonic()
            code = await self._live(place)
            if self._draining.is_set():
                return
            crashes = 1 if monotonic() - began > SHORTEST_LIFE else crashes + 1
            wait = min(LONGEST_BACKOFF, 0.5 * 2 ** min(crashes - 1, 6))
            logger.error("worker process %d ended with %d; a new one starts in %.1f s", place, code, wait)
            await self._pause(wait)

    async def _live(self, place: int) -> int:
        # Its own session: a Ctrl-C in the terminal reaches the supervisor alone, which passes it on once.
        process = await asyncio.create_subprocess_exec(*self._command, start_new_session=True)
        self._running.add(process)
        logger.info("worker process %d is pid %d", place, process.pid)
        if self._draining.is_set():  # told while it was being born
            process.send_signal(signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            self._running.discard(process)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._draining.wait()
        except TimeoutError:
            return
