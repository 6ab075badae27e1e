"""Keeps a number of worker processes alive: restarts what crashes, rolls to new code, drains when told to.

SIGTERM or SIGINT drains, a second one gives the jobs back at once, and what has not ended some time after the grace is
killed. SIGHUP rolls: place by place a new process starts, and only when it is up the old one drains.
"""

import asyncio
import logging
import signal
from collections.abc import Sequence

from arqlight_core.clock import monotonic
from arqlight_fleet.child import Child
from arqlight_fleet.orders import STOPPED_BY_REQUEST

logger = logging.getLogger("arqlight.supervisor")

SHORTEST_LIFE = 5.0
"""Seconds a process has to live for its crash not to count as one in a row."""

LONGEST_BACKOFF = 30.0
MARGIN = 10.0
"""Seconds beyond the grace that a process has for giving its jobs back, before it is killed."""
UP_WITHIN = 60.0
"""Seconds a new process of a roll has to be up."""


def supervise(command: Sequence[str], count: int, grace: float, *, finite: bool = False) -> None:
    """Run so many processes of the command; returns when all of them have ended."""
    asyncio.run(Supervisor(command, count, grace=grace, finite=finite).run())


class Supervisor:
    """Runs `count` processes of one command; `finite` ones may end by themselves, with exit status 0, for good."""

    def __init__(self, command: Sequence[str], count: int, *, grace: float = 30.0, finite: bool = False) -> None:
        self._command = command
        self._count = count
        self._grace = grace
        self._finite = finite
        self._draining = asyncio.Event()
        self._rolling = asyncio.Event()
        self._living: dict[Child, asyncio.Task[int]] = {}
        self._in_place: dict[int, Child] = {}

    async def run(self) -> None:
        """Until SIGTERM or SIGINT and every process has drained, or until all finite ones have ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        loop.add_signal_handler(signal.SIGHUP, self.roll)
        roller = asyncio.create_task(self._roll_when_told())
        try:
            async with asyncio.TaskGroup() as group:
                for place in range(1, self._count + 1):
                    group.create_task(self._keep_alive(place))
            await asyncio.gather(*self._living.values())  # those of a roll that a drain met
        finally:
            roller.cancel()

    def drain(self) -> None:
        """Tell every process to drain; a second time, to give its jobs back at once."""
        patience = MARGIN if self._draining.is_set() else self._grace + MARGIN
        self._draining.set()
        for child in self._living:
            self._retire(child, "the fleet drains", patience)

    def roll(self) -> None:
        """Replace every process, one after the other."""
        self._rolling.set()

    # ------------------------------------------------------------------ one place

    async def _keep_alive(self, place: int) -> None:
        crashes, why = 0, "the fleet starts"
        while not self._draining.is_set():
            began = monotonic()
            child = self._in_place[place] = await self._start(place, why)
            code = await self._followed(place, child)
            if self._draining.is_set() or code == STOPPED_BY_REQUEST or (self._finite and code == 0):
                _tell(logging.INFO, self._in_place[place], "ended", f"exit status {code}; no other is started")
                return
            crashes = 1 if monotonic() - began > SHORTEST_LIFE else crashes + 1
            wait = min(LONGEST_BACKOFF, 0.5 * 2 ** min(crashes - 1, 6))
            _tell(
                logging.ERROR, self._in_place[place], "ended", f"exit status {code}; a new one starts in {wait:.1f} s"
            )
            await self._pause(wait)
            why = f"the one before ended with {code}"

    async def _followed(self, place: int, child: Child) -> int:
        """The exit status of the place's process, or of the last of those that a roll put in its place."""
        while True:
            code = await child.ended()
            if self._in_place[place] is child:
                return code
            child = self._in_place[place]

    async def _start(self, place: int, why: str) -> Child:
        child = await Child.start(place, self._command)
        self._living[child] = asyncio.create_task(child.ended())
        self._living[child].add_done_callback(lambda _: self._living.pop(child))
        _tell(logging.INFO, child, "started", why)
        if self._draining.is_set():  # told while it was being born
            self._retire(child, "the fleet drains", self._grace + MARGIN)
        return child

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._draining.wait()
        except TimeoutError:
            return

    # ------------------------------------------------------------------ roll and drain

    async def _roll_when_told(self) -> None:
        while True:
            await self._rolling.wait()
            self._rolling.clear()
            for place in range(1, self._count + 1):
                if not self._draining.is_set():
                    await self._replace(place)

    async def _replace(self, place: int) -> None:
        old = self._in_place.get(place)
        if old is None or not old.alive:  # what starts there next is new anyway
            return
        new = await self._start(place, f"to replace pid {old.pid}")
        if not await new.is_up(UP_WITHIN):
            _tell(logging.ERROR, new, "did not come up", f"the old one stays (pid {old.pid})")
            self._retire(new, "nothing is served by it", MARGIN)
            await new.ended()
        elif self._in_place[place] is old and old.alive:
            self._in_place[place] = new
            self._retire(old, f"pid {new.pid} is up in its place", self._grace + MARGIN)
            await old.ended()
            _tell(logging.INFO, old, "ended", "drained")
        else:  # the old one crashed meanwhile: what follows it is as new as this one
            self._retire(new, f"pid {old.pid} crashed and has a successor", self._grace + MARGIN)

    def _retire(self, child: Child, why: str, patience: float) -> None:
        if not child.alive:
            return
        child.send(signal.SIGTERM)
        _tell(logging.INFO, child, "drains", why)
        asyncio.get_running_loop().call_later(patience, self._kill, child)

    def _kill(self, child: Child) -> None:
        if child.alive:
            _tell(logging.ERROR, child, "is killed", "it did not end in time; its jobs are taken over")
            child.send(signal.SIGKILL)


def _tell(level: int, child: Child, what: str, why: str) -> None:
    """The one line of an event."""
    logger.log(level, "worker process %d (pid %d) %s: %s", child.place, child.pid, what, why)
