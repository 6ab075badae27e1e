"""Runs the demonstration: the traffic of every system and the account in one event loop, with the screen on top or not.

The worlds of the systems stand until the fleet is drained, so that what is under way can end.
"""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arqlight.demo.account import Account
from arqlight.demo.doors import Doors
from arqlight.demo.stage import Stage, told_to_go
from arqlight.demo.traffic import Ground, Section, System, Traffic
from arqlight_core.clock import monotonic
from arqlight_core.store import connect
from arqlight_core.store.connect import OUTAGES
from arqlight_core.store.gateway import open_store

if TYPE_CHECKING:
    from arqlight.demo.providers import Providers

LOOK_EVERY = 1.0
SETTLING = 25.0
"""Seconds that what is under way may go on after the last of the traffic."""

STOPPING = 5.0
"""Seconds that traffic has for its end."""

Task = asyncio.Task[None]


@dataclass(slots=True)
class Show:
    """One run of the demonstration on a stage. Ends when `stop` is set."""

    stage: Stage
    systems: Sequence[System] = ()
    """What it shows; all that there is unless given."""
    account: Account = field(default_factory=Account)
    sections: list[Section] = field(default_factory=list[Section])
    """What the systems say of themselves at the end."""
    seconds: float = 0.0
    problem: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def failed(self) -> bool:
        """Whether a job was lost, or a system came out as it never must."""
        return bool(self.account.lost) or any(one.wrong for one in self.sections)

    def stop(self) -> None:
        """End the traffic; may be called from any thread."""
        self._stop.set()

    def run(self, seconds: float | None = None) -> None:
        """Traffic for so many seconds, or until stopped; then drain the fleet and close the account."""
        try:
            asyncio.run(self._play(seconds))
        except BaseException as problem:  # noqa: BLE001 - told by whoever waits for this thread
            self.problem = _explained(problem, self.stage.url)
        finally:
            self._over.set()

    def wait(self) -> None:
        """Until `run`, in another thread, has ended; unlike a thread's join it may be interrupted."""
        self._over.wait()

    def _interrupted(self) -> None:
        self.problem = KeyboardInterrupt()
        self.stop()

    async def _play(self, seconds: float | None) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(told_to_go(self._interrupted))
            store = await open_store(self.stage.url)
            stack.push_async_callback(store.close)
            systems = self.systems or await asyncio.to_thread(every_system)
            served = await stack.enter_async_context(_served(self.stage.doors))
            ground = Ground(store, self.stage.settings, self.account, served)
            traffics = [await stack.enter_async_context(system.opened(ground)) for system in systems]
            await self._send(traffics, ground, seconds)
            await asyncio.to_thread(self.stage.drain)
            await _see(traffics, ground)
            self.sections = [section for one in traffics if (section := one.section())]

    async def _send(self, traffics: Sequence[Traffic], ground: Ground, seconds: float | None) -> None:
        began = monotonic()
        sending = [asyncio.create_task(_outlasting(one)) for one in traffics]
        try:
            while not self._stop.is_set() and (seconds is None or monotonic() - began < seconds):
                await _look(traffics, sending, ground)
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
            if self._stop.is_set() or monotonic() - began >= SETTLING:
                return
            await _look(traffics, sending, ground)


def every_system() -> Sequence[System]:
    """All systems that can be shown: loaded only now, for the screen comes first."""
    from arqlight.demo.systems import SYSTEMS  # noqa: PLC0415 - a second

    return SYSTEMS


def _served(doors: Doors) -> "AbstractAsyncContextManager[Providers]":
    """The stand-ins of the providers, behind their doors."""
    from arqlight.demo.providers import open_doors  # noqa: PLC0415 - as above

    return open_doors(doors)


async def _look(traffics: Sequence[Traffic], sending: Sequence[Task], ground: Ground) -> None:
    """Look after a while. Raises what has ended a traffic."""
    await asyncio.sleep(LOOK_EVERY)
    for one in sending:
        if one.done():
            one.result()
    with suppress(*OUTAGES):
        await _see(traffics, ground)


async def _outlasting(traffic: Traffic) -> None:
    """A traffic that goes on behind an outage of the server, as the fleet does."""
    while True:
        try:
            await traffic.run()
        except* OUTAGES:
            await asyncio.sleep(LOOK_EVERY)
        else:
            return


async def stopped(sending: Sequence[Task]) -> None:
    """Ends them. Python 3.11 may lose a cancellation (in `asyncio.wait_for`): the loop's end cancels what is left."""
    for one in sending:
        one.cancel()
    done, _ = await asyncio.wait(sending, timeout=STOPPING)
    for one in done:
        if not one.cancelled():
            one.exception()  # it was told before, or is of no matter any more


def _explained(problem: BaseException, url: str) -> BaseException:
    """An outage in one sentence."""
    return connect.explained(url, problem) if isinstance(problem, OUTAGES) else problem


async def _see(traffics: Sequence[Traffic], ground: Ground) -> None:
    for one in traffics:
        await one.look()
    await ground.account.look(ground.store)
