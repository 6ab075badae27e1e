"""The one loop that looks at the fleet: often while somebody watches, seldom otherwise, patiently while it is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from arqlight_core import clock
from arqlight_core.errors import ArqlightError
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet

WATCHED, UNWATCHED = 0.5, 3.0
"""Seconds between two looks while the terminal has the focus, and while it has not."""
_LONGEST_WAIT = 5.0

log = logging.getLogger(__name__)


class Watch:
    """Looks, tells, rests. A failed look keeps the last view and says what went wrong."""

    def __init__(self, fleet: Fleet, tell: Callable[[Sight], Awaitable[None]]) -> None:
        self._fleet = fleet
        self._tell = tell
        self._sight = Sight(seen=clock.monotonic(), every=WATCHED)
        self._failures = 0
        self._nudged = asyncio.Event()
        self.every = WATCHED

    async def run(self) -> None:
        """Never returns."""
        while True:
            self._nudged.clear()
            self._sight = await self._look()
            await self._tell(self._sight)
            await self._rest()

    def nudge(self) -> None:
        """Look again at once: something was done."""
        self._nudged.set()

    async def _look(self) -> Sight:
        try:
            view = await self._fleet.view()
        except ArqlightError as problem:
            return self._failed(str(problem), answers=False)
        except Exception as problem:  # one look must never end the watch
            log.exception("a look at the fleet failed")
            return self._failed(f"it cannot be read ({type(problem).__name__}: {problem})", answers=True)
        self._failures = 0
        return Sight(view, clock.monotonic(), every=self.every)

    def _failed(self, sentence: str, *, answers: bool) -> Sight:
        self._failures += 1
        return replace(self._sight, problem=sentence, answers=answers, every=self.every)

    async def _rest(self) -> None:
        wait = min(_LONGEST_WAIT, self.every * 2 ** min(self._failures, 8)) if self._failures else self.every
        try:
            async with asyncio.timeout(wait):
                await self._nudged.wait()
        except TimeoutError:
            return
