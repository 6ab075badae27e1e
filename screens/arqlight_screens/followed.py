"""The bulk operations that were begun in this room and go on in the fleet: looked at until their ends."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from arqlight_core.errors import ArqlightError
from arqlight_screens.figures import duration, rate
from arqlight_screens.lines import Line, Part
from arqlight_screens.source import Fleet, Unavailable

if TYPE_CHECKING:
    from arqlight_core.observe import BulkView

LOOK_EVERY = 0.5


class Followed:
    """Looks at each bulk, says when something has changed (`changed`), and tells how it ended (`tell`)."""

    def __init__(self, fleet: Fleet, changed: Callable[[], None], tell: Callable[[str, bool], None]) -> None:
        self._fleet, self._changed, self._tell = fleet, changed, tell
        self._views: dict[str, BulkView] = {}

    @property
    def line(self) -> Line:
        """How far the newest of them is, and how many more there are."""
        if not self._views:
            return ()
        others = len(self._views) - 1
        more = (Part(f"  +{others} more", "dim"),) if others else ()
        return (*told(list(self._views.values())[-1]), *more)

    async def follow(self, bulk: str) -> None:
        """Look at one until it has ended; a server that is away is waited for."""
        from arqlight_core import observe  # noqa: PLC0415 - after the first frame

        while True:
            try:
                view = await self._fleet.observe(observe.bulk, bulk)
            except Unavailable:
                await asyncio.sleep(LOOK_EVERY)
                continue
            except ArqlightError as problem:
                self._end(bulk, str(problem), failed=True)
                return
            if view.is_over:
                self._end(bulk, _ended(view), failed=view.state != "done" or view.left_alone > 0)
                return
            self._views[bulk] = view
            self._changed()
            await asyncio.sleep(LOOK_EVERY)

    def _end(self, bulk: str, sentence: str, *, failed: bool) -> None:
        self._views.pop(bulk, None)
        self._tell(sentence, failed)
        self._changed()


def told(view: "BulkView") -> Line:
    """How far a bulk is, how fast, when it will have ended, and what it has left alone."""
    paused = "" if view.state == "running" else f" {view.state}"
    line = [
        Part(f" bulk {view.id}{paused} ", "badge"),
        Part(f" {view.operation} {view.seen:,} of {view.total:,}", "strong"),
        Part(f"  {rate(view.rate)}/s" if view.rate else "", "dim"),
        Part(f"  {duration(view.eta_ms)} to go" if view.eta_ms is not None else "", "dim"),
        Part(f"  {view.left_alone:,} left alone" if view.left_alone else "", "warn"),
    ]
    return tuple(part for part in line if part.text)


def _ended(view: "BulkView") -> str:
    left = "; ".join(f"{count:,} left alone: {why}" for why, count in view.left.items())
    note = f": {view.note}" if view.note else ""
    sentence = f"bulk {view.id} is {view.state}{note}: {view.operation}, {view.changed:,} of {view.total:,} jobs"
    return f"{sentence} ({left})" if left else sentence
