"""Work that a process does now and then: each has a name, an interval and a last result that the control room shows."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from arqlight_core.clock import now_ms
from arqlight_core.store.connect import will_pass
from arqlight_core.store.gateway import OUTAGES

logger = logging.getLogger("arqlight.chore")


@dataclass(slots=True)
class Chore:
    """One such loop; `once` does the work and answers what it did, in few words."""

    name: str
    every: float
    once: Callable[[], Awaitable[str]]
    last_ms: int = 0
    last_result: str = ""
    rest: Callable[[], float] | None = None
    """Seconds until the next turn, where the one before decides that; `every` is then the longest."""
    stir: asyncio.Event | None = None
    """What ends a wait early."""

    async def run(self) -> None:
        """Do it, wait, and do it again until cancelled; an error is reported and never ends the loop."""
        while True:
            await self.turn()
            await self._wait(self.rest() if self.rest else self.every)

    async def _wait(self, seconds: float) -> None:
        if self.stir is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stir.wait()
        self.stir.clear()

    async def turn(self) -> None:
        """Do it once."""
        try:
            self.last_result = await self.once()
        except OUTAGES:
            self.last_result = "the server is away"
        except Exception as problem:
            self.last_result = f"failed: {problem}"
            if not will_pass(problem):  # else the server is full or loading, and everybody says so
                logger.exception("chore %s failed", self.name)
        self.last_ms = now_ms()

    def told(self) -> dict[str, object]:
        """What the control room shows of it."""
        return {"name": self.name, "every": self.every, "last_ms": self.last_ms, "last_result": self.last_result}
