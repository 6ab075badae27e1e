"""Looks at the fleet again and again, for a screen: what cannot have changed since the last look is not asked again."""

from collections.abc import Mapping
from typing import Any

from arqlight_core.clock import monotonic
from arqlight_core.observe.fleet import (
    ENDED_AT,
    MINUTES,
    TOTALS_AT,
    FleetView,
    integers,
    minutes_of,
    queue_view,
)
from arqlight_core.observe.measures import Measures, measured
from arqlight_core.observe.minutes import STILL, Minute
from arqlight_core.observe.workers import prints_of, workers_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Orders

MINUTE_MS = 60_000
MINUTES_EVERY = 1.0
"""Seconds between two looks at the running minute's counters and at how many jobs have ended, half of a look's cost:
what comes of the counters, rates and percentiles, is of a minute or more."""

NONE = -1
"""Asks for no minute, not even the running one."""

ROLL_CALL_EVERY = 2.0
"""Seconds between two looks at which queues are declared, which workers live, and what these tell of themselves."""


class Lookout:
    """One client's view of a fleet: as `observe.fleet`, for a third of the server's time and a command a queue."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.orders = Orders(0, {}, {})
        """What operators had ordered at the last look."""
        self._published: dict[str, dict[str, Any]] = {}
        self._prints: dict[str, str] = {}
        self._heartbeats: list[dict[str, Any]] = []
        self._called_at = -ROLL_CALL_EVERY
        self._counted_at = -MINUTES_EVERY
        self._over: dict[str, dict[int, Minute]] = {}
        self._totals: dict[str, dict[str, int]] = {}
        self._ended: dict[str, list[int]] = {}
        self._running: dict[str, tuple[int, Minute]] = {}
        """The running minute as it was told last, with its number."""
        self._figures: dict[str, tuple[Minute, Measures]] = {}
        """What the counters came to when the running minute was told last."""

    async def look(self) -> FleetView:
        """The view of now, in one round trip; the roll call takes two more, and each full minute one."""
        began = monotonic()
        called = await self._call_roll()
        names = list(self._published)
        newest = self._newest()
        calls = [self._question(name, newest if name in self._over else MINUTES, int(called > 0)) for name in names]
        ordered = scripts.orders([told["id"] for told in self._heartbeats])
        *answers, orders = await self.store.run_all([*calls, ordered])
        self.orders = orders
        answers, again = await self._completed(dict(zip(names, answers, strict=True)), orders)
        workers = workers_of(self._heartbeats, orders, self._prints)
        queues = tuple(
            queue_view(
                name,
                self._published[name],
                answer,
                workers,
                orders.standing(name),
                self._measures(name, answer[0]),
                self._totals[name],
            )
            for name, answer in answers.items()
        )
        return FleetView(orders.now_ms, queues, workers, called + len(calls) + 1 + again, (monotonic() - began) * 1000)

    @property
    def published(self) -> Mapping[str, dict[str, Any]]:
        """The queues' declarations, as of the last roll call."""
        return self._published

    async def _call_roll(self) -> int:
        """Learn which queues and workers there are, when that is long ago; answers how many commands that took."""
        if monotonic() - self._called_at < ROLL_CALL_EVERY:
            return 0
        self._published, workers = await self.store.roll_call()
        self._prints = prints_of(self._published)
        self._heartbeats = await self.store.heartbeats(workers)
        self._called_at = monotonic()
        return 2 + bool(workers)

    def _newest(self) -> int:
        """0 when the running minute is to be read, else NONE."""
        if monotonic() - self._counted_at < MINUTES_EVERY:
            return NONE
        self._counted_at = monotonic()
        return 0

    def _question(self, name: str, minutes: int, totals: int = 0) -> scripts.Call[list[Any]]:
        """One queue's counters, with those of so many past minutes: what is over for good is asked for once."""
        return scripts.overview(QueueKeys(self._published[name]["wire"]), minutes, totals)

    async def _completed(self, answers: dict[str, list[Any]], orders: Orders) -> tuple[dict[str, list[Any]], int]:
        """The answers, asked for again where a minute that is over is not known yet, and how many these are."""
        for name, answer in answers.items():
            self._remember(name, answer)
        lacking = {name: minutes for name in answers if (minutes := self._lacking(name, orders.now_ms))}
        again = await self.store.run_all([self._question(name, minutes) for name, minutes in lacking.items()])
        for name, answer in zip(lacking, again, strict=True):
            self._remember(name, answer)
        return answers | dict(zip(lacking, again, strict=True)), len(lacking)

    def _remember(self, name: str, answer: list[Any]) -> None:
        """Keep the counters; put in the rest of what was not asked for, as it was told last."""
        if name not in self._totals or answer[TOTALS_AT]:
            self._totals[name] = integers(answer[TOTALS_AT])
        answer[ENDED_AT] = self._ended[name] = answer[ENDED_AT] or self._ended[name]
        running, minutes = answer[0] // MINUTE_MS, minutes_of(answer)
        if minutes or self._running[name][0] != running:
            self._running[name] = running, minutes[0] if minutes else Minute()
        if len(minutes) > 1:
            known = self._over.get(name, {}) | {running - back: one for back, one in enumerate(minutes) if back}
            self._over[name] = {number: one for number, one in known.items() if number >= running - MINUTES}

    def _lacking(self, name: str, now_ms: int) -> int:
        """How many past minutes have to be read for all of them to be known."""
        running, over = now_ms // MINUTE_MS, self._over[name]
        return max((back for back in range(1, MINUTES + 1) if running - back not in over), default=0)

    def minutes(self, name: str) -> dict[int, Minute]:
        """The counters of a queue's last minutes as of the last look, the running one included, by their numbers."""
        running, minute = self._running[name]
        return {running: minute, **self._over[name]}

    def _measures(self, name: str, now_ms: int) -> Measures:
        """What the counters come to; of the same running minute they come to the same."""
        running, minute = self._running[name]
        known = self._figures.get(name)
        if known is None or known[0] is not minute:
            over = (self._over[name].get(running - back) or STILL for back in range(1, MINUTES + 1))
            known = self._figures[name] = minute, measured([minute, *over], now_ms)
        return known[1]
