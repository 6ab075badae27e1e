"""Runs the demonstration: traffic and account in one event loop, with the screen on top or without."""

import asyncio
import threading
from dataclasses import dataclass, field

from arqlight.demo.account import Account
from arqlight.demo.billing import BillingTraffic
from arqlight.demo.stage import Stage
from arqlight_core.clock import monotonic
from arqlight_core.store.gateway import open_store

LOOK_EVERY = 1.0


@dataclass(slots=True)
class Show:
    """One run of the demonstration on a stage. Ends when `stop` is set."""

    stage: Stage
    account: Account = field(default_factory=Account)
    seconds: float = 0.0
    problem: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """End the traffic; may be called from any thread."""
        self._stop.set()

    def run(self, seconds: float | None = None) -> None:
        """Traffic for so many seconds, or until stopped; then drain the fleet and close the account."""
        try:
            asyncio.run(self._play(seconds))
            self.stage.drain()
            asyncio.run(self._close_account())
        except BaseException as problem:  # noqa: BLE001 - told by whoever waits for this thread
            self.problem = problem

    async def _play(self, seconds: float | None) -> None:
        store = await open_store(self.stage.url)
        began = monotonic()
        traffic = asyncio.create_task(BillingTraffic(store, self.stage.settings, self.account).run())
        try:
            while not self._stop.is_set() and (seconds is None or monotonic() - began < seconds):
                await asyncio.wait([traffic], timeout=LOOK_EVERY)
                if traffic.done():
                    await traffic
                await self.account.look(store)
        finally:
            traffic.cancel()
            await asyncio.gather(traffic, return_exceptions=True)
            self.seconds = monotonic() - began
            await store.close()

    async def _close_account(self) -> None:
        store = await open_store(self.stage.url)
        await self.account.look(store)
        await store.close()
