"""Runs the demonstration: weather, traffic of every system, a scenario and the account, in one event loop.

The worlds of the systems stand until the fleet is drained, so that what is under way can end.
"""

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError

from arqlight.demo.account import Account
from arqlight.demo.playbill import Scenario, perform
from arqlight.demo.providers import open_doors
from arqlight.demo.stage import Stage, told_to_go
from arqlight.demo.systems import SYSTEMS
from arqlight.demo.telling import Said, Section
from arqlight.demo.traffic import Ground, System, Traffic
from arqlight.demo.weather import Weather
from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.secrecy import Sealer
from arqlight_core.store import connect
from arqlight_core.store.connect import OUTAGES
from arqlight_core.store.gateway import Store, open_store

AWAY = (*OUTAGES, OperationalError)
"""What passes: SQLite lets a writer wait in vain where many others write on a machine that is too small for them."""

LOOK_EVERY = 1.0
MANNED_WITHIN, MANNED_EVERY = 15.0, 0.1
"""Seconds that the traffic waits for a worker, and between two looks for one."""

READY_WITHIN = 30.0
"""Seconds from the beginning of the traffic that do not count while the systems are not ready for all of it."""

SETTLING = 60.0
"""Seconds that what is under way may go on after the last of the traffic: far more than it needs on a quiet machine."""

STOPPING = 5.0
"""Seconds that traffic has for its end."""

INPUT = 0

Task = asyncio.Task[None]


@dataclass(slots=True)
class Show:
    """One run of the demonstration on a stage. Ends when it is told to go, or the standard input does."""

    stage: Stage
    tell: Callable[[Said], None]
    scenario: Scenario
    systems: Sequence[System] = SYSTEMS
    account: Account = field(default_factory=Account)
    sections: list[Section] = field(default_factory=list[Section])
    """What the systems say of themselves at the end."""
    seconds: float = 0.0
    _stop: bool = False

    @property
    def failed(self) -> bool:
        """Whether a job was lost, or a system came out as it never must."""
        return bool(self.account.lost) or any(one.wrong for one in self.sections)

    def run(self, seconds: float | None = None) -> None:
        """Traffic for so many seconds once all is ready, or until told to go; then drain and close the account."""
        try:
            asyncio.run(self._play(seconds))
        except OUTAGES as outage:
            raise connect.explained(self.stage.url, outage) from outage

    def stop(self) -> None:
        """End the traffic."""
        self._stop = True

    async def _play(self, seconds: float | None) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(told_to_go(self.stop, INPUT))
            settings = self.stage.settings
            sealer = Sealer.of(settings)  # payloads are read by the fleet, which has these keys
            store = await open_store(self.stage.url, settings.redis_max_retries, sealer)
            stack.push_async_callback(store.close)
            served = await stack.enter_async_context(open_doors(self.stage.doors))
            weather = Weather(served.there)
            own = self.stage
            ground = Ground(
                store, own.settings, self.account, served, weather, own.scratch, own.fleet.pid, self.scenario.calm
            )
            traffics = [await stack.enter_async_context(system.opened(ground)) for system in self.systems]
            await self._manned(store)
            await self._send(traffics, ground, seconds)
            await asyncio.to_thread(own.drain)
            await _see(traffics, ground)
            self.sections = [section for one in traffics if (section := one.section())]

    async def _manned(self, store: Store) -> None:
        """Wait for a worker: what is sent before would be seen as work that nobody does."""
        until = monotonic() + MANNED_WITHIN
        while not self._stop and monotonic() < until:
            with suppress(*OUTAGES):
                if (await observe.fleet(store)).workers:
                    return
            await asyncio.sleep(MANNED_EVERY)

    async def _send(self, traffics: Sequence[Traffic], ground: Ground, seconds: float | None) -> None:
        began = counted = monotonic()
        sending = [asyncio.create_task(_outlasting(one)) for one in traffics]
        sending.append(asyncio.create_task(perform(self.scenario, ground, self.tell)))
        try:
            while not self._stop and (seconds is None or monotonic() - counted < seconds):
                await _look(traffics, sending, ground)
                if not ground.ready.is_set() and monotonic() - began < READY_WITHIN:
                    counted = monotonic()
            await self._wind_down(traffics, sending, ground)
        finally:
            await stopped(sending)
            self.seconds = monotonic() - began

    async def _wind_down(self, traffics: Sequence[Traffic], sending: Sequence[Task], ground: Ground) -> None:
        """Begin nothing new, and wait for what is under way; not for long, and not when somebody has left."""
        began = monotonic()
        for one in traffics:
            one.wind_down()
        while not all(one.settled for one in traffics):
            if self._stop or monotonic() - began >= SETTLING:
                return
            await _look(traffics, sending, ground)


async def _look(traffics: Sequence[Traffic], sending: Sequence[Task], ground: Ground) -> None:
    """Look after a while. Raises what has ended a traffic."""
    await asyncio.sleep(LOOK_EVERY)
    for one in sending:
        if one.done():
            one.result()
    with suppress(*AWAY):
        await _see(traffics, ground)


async def _outlasting(traffic: Traffic) -> None:
    """A traffic that goes on behind an outage of the server or of the database, as the fleet does."""
    while True:
        try:
            await traffic.run()
        except* AWAY:
            await asyncio.sleep(LOOK_EVERY)
        else:
            return


async def stopped(sending: Sequence[Task]) -> None:
    """Ends them. Python 3.11 may lose a cancellation (in `asyncio.wait_for`): the loop's end cancels what is left.

    A write to SQLite that is cut off keeps all others waiting until its statement is collected as garbage.
    """
    for one in sending:
        one.cancel()
    left, until = set(sending), monotonic() + STOPPING
    while left and monotonic() < until:
        done, left = await asyncio.wait(left, timeout=STOPPING / 10)
        for one in done:
            with suppress(asyncio.CancelledError):
                one.exception()  # it was told before, or is of no matter any more; asked for, it lets go of all frames
        gc.collect()


async def _see(traffics: Sequence[Traffic], ground: Ground) -> None:
    for one in traffics:
        await one.look()
    await ground.account.look(ground.store)
