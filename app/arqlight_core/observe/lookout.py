"""Looks at the fleet again and again, for a screen: what cannot have changed since the last look is not asked again."""

from typing import Any

from arqlight_core.clock import monotonic
from arqlight_core.observe.fleet import MINUTES, FleetView, minutes_of, queue_view
from arqlight_core.observe.minutes import Minute
from arqlight_core.observe.workers import workers_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Orders

MINUTE_MS = 60_000
RECENT = 1
"""Past minutes that are asked for beside the running one: older ones are over for good."""
ROLL_CALL_EVERY = 2.0
"""Seconds between two looks at which queues are declared and which workers live."""


class Lookout:
    """One client's view of a fleet: as `observe.fleet`, for a third of the server's time and a command a queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._published: dict[str, dict[str, Any]] = {}
        self._workers: list[str] = []
        self._called_at = -ROLL_CALL_EVERY
        self._over: dict[str, dict[int, Minute]] = {}

    async def look(self) -> FleetView:
        """The view of now: one round trip for the workers and one for the queues."""
        began = monotonic()
        called = await self._call_roll()
        heartbeats = await self._store.heartbeats(self._workers)
        names = list(self._published)
        calls = [self._question(name) for name in names]
        *answers, orders = await self._store.run_all([*calls, scripts.orders([told["id"] for told in heartbeats])])
        answers, again = await self._completed(dict(zip(names, answers, strict=True)), orders)
        workers = workers_of(heartbeats, orders, self._published)
        queues = tuple(
            queue_view(name, self._published[name], answer, workers, orders.standing(name), self._past(name, answer))
            for name, answer in answers.items()
        )
        commands = called + bool(self._workers) + len(calls) + 1 + again
        return FleetView(orders.now_ms, queues, workers, commands, (monotonic() - began) * 1000)

    async def _call_roll(self) -> int:
        """Learn which queues and workers there are, when that is long ago; answers how many commands that took."""
        if monotonic() - self._called_at < ROLL_CALL_EVERY:
            return 0
        self._published, self._workers = await self._store.roll_call()
        self._called_at = monotonic()
        return 2

    def _question(self, name: str, minutes: int | None = None) -> scripts.Call[list[Any]]:
        asked = minutes or (RECENT if name in self._over else MINUTES)
        return scripts.overview(QueueKeys(self._published[name]["wire"]), asked)

    async def _completed(self, answers: dict[str, list[Any]], orders: Orders) -> tuple[dict[str, list[Any]], int]:
        """The answers, whole ones where minutes are missing after a while without a look, and how many these are."""
        for name, answer in answers.items():
            self._remember(name, answer)
        lacking = [name for name in answers if self._lacks(name, orders.now_ms)]
        again = await self._store.run_all([self._question(name, MINUTES) for name in lacking])
        for name, answer in zip(lacking, again, strict=True):
            self._remember(name, answer)
        return answers | dict(zip(lacking, again, strict=True)), len(lacking)

    def _remember(self, name: str, answer: list[Any]) -> None:
        """Keep the minutes that are over."""
        running, minutes = answer[0] // MINUTE_MS, minutes_of(answer)
        over = {running - back: minute for back, minute in enumerate(minutes) if back}
        known = self._over.get(name, {}) | over
        self._over[name] = {number: one for number, one in known.items() if number >= running - MINUTES}

    def _lacks(self, name: str, now_ms: int) -> bool:
        running = now_ms // MINUTE_MS
        return any(running - back not in self._over[name] for back in range(1, MINUTES + 1))

    def _past(self, name: str, answer: list[Any]) -> list[Minute]:
        """The minutes before those of the answer, the newest first."""
        running, told = answer[0] // MINUTE_MS, len(minutes_of(answer))
        return [self._over[name].get(running - back, Minute()) for back in range(told, MINUTES + 1)]
