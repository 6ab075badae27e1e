"""The one loop that looks at the fleet: often while something happens and is watched, patiently while it is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from arqlight_core import clock
from arqlight_core.errors import ArqlightError
from arqlight_core.jobs import State
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet

if TYPE_CHECKING:
    from arqlight_core.observe import FleetView

WATCHED, UNWATCHED = 0.25, 3.0
"""Seconds between two looks while the terminal has the focus, and while it has not."""
_CALM = 2.0
"""Seconds between two looks at most while nothing happens."""
_COST = 5.0
"""For each moment that a look takes, the server and the screen are left in peace for so many."""
_LONGEST_WAIT = 5.0

log = logging.getLogger(__name__)


class Watch:
    """Looks, tells, rests. A failed look keeps the last view and says what went wrong."""

    def __init__(self, fleet: Fleet, tell: Callable[[Sight], Awaitable[None]]) -> None:
        self._fleet = fleet
        self._tell = tell
        self._sight = Sight(seen=clock.monotonic(), every=WATCHED)
        self._failures = 0
        self._calm = 0
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
        began = clock.monotonic()
        try:
            view = await self._fleet.view()
        except ArqlightError as problem:
            return self._failed(str(problem), answers=False)
        except Exception as problem:  # one look must never end the watch
            log.exception("a look at the fleet failed")
            return self._failed(f"it cannot be read ({type(problem).__name__}: {problem})", answers=True)
        self._failures = 0
        before = self._sight.view
        self._calm = self._calm + 1 if before is not None and _gist(view) == _gist(before) else 0
        now = clock.monotonic()
        return Sight(view, now, every=self._pause(now - began))

    def _pause(self, took: float) -> float:
        """Seconds until the next look: longer while nothing happens, and when looking costs much."""
        calm = min(_CALM, self.every * 1.5 ** min(self._calm, 8))
        return max(self.every, min(_LONGEST_WAIT, max(calm, took * _COST)))

    def _failed(self, sentence: str, *, answers: bool) -> Sight:
        self._failures += 1
        return replace(self._sight, problem=sentence, answers=answers, every=self.every)

    async def _rest(self) -> None:
        wait = min(_LONGEST_WAIT, self.every * 2 ** min(self._failures, 8)) if self._failures else self._sight.every
        try:
            async with asyncio.timeout(wait):
                await self._nudged.wait()
        except TimeoutError:
            return


def _gist(view: "FleetView") -> list[object]:
    """What of a view changes only when something happens, and not by the clock."""
    queues = ((one.counts, one.history, one.paused, one.breaker, one.settings, one.holds) for one in view.queues)
    workers = ((one.id, one.state, one.request) for one in view.workers)
    works = any(one.counts[State.ACTIVE] for one in view.queues)
    return [*queues, *workers, view.at_ms if works else 0]
