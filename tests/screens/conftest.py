"""Fixtures for screens: a clock that stands still, a room on a canned fleet, and golden pictures made of text."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from arqlight_core import clock
from arqlight_core.jobs import State
from arqlight_screens.control_room import ControlRoom
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.source import Fleet
from tests.screens.canned import CannedFleet, busy_fleet

GOLDEN = Path(__file__).parent / "golden"
PATIENCE = 10.0


class Ticker:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def ticker(monkeypatch: pytest.MonkeyPatch) -> Ticker:
    still = Ticker()
    monkeypatch.setattr(clock, "monotonic", still)
    return still


@pytest.fixture
def fleet() -> CannedFleet:
    return CannedFleet(busy_fleet())


class Visit:
    """A running room with the keyboard in hand."""

    def __init__(self, room: ControlRoom, pilot: "Pilot[None]") -> None:
        self.room = room
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def turn_to(self, state: State) -> None:
        """Go to the tab of a state, on the screen of a queue."""
        screen = self.room.screen
        assert isinstance(screen, QueueJobs)
        states = list(State)
        turns = states.index(state) - states.index(screen.state)
        await self.press(*["right"] * (turns % len(states)))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Go on as soon as the condition holds."""
        deadline = time.perf_counter() + PATIENCE
        while not condition():
            assert time.perf_counter() < deadline, f"never came about: {what or condition}\n{self.text}"
            await asyncio.sleep(0.005)

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text, f"{text!r} on the screen")

    async def look(self) -> None:
        """Have the fleet looked at, and wait until that is on the screen."""
        before = self.room.sight
        self.room.look_now()
        await self.until(lambda: self.room.sight is not before, "another look")

    @property
    def text(self) -> str:
        return screen_text(self.room)

    def line(self, containing: str) -> str:
        return next((line for line in self.text.splitlines() if containing in line), "")

    @property
    def toasts(self) -> list[str]:
        return [note.message for note in self.room._notifications]  # pyright: ignore[reportPrivateUsage]


Golden = Callable[[Visit, str], None]
"""Compares the screen with the picture of that name."""


@asynccontextmanager
async def visit(
    fleet: Fleet, size: tuple[int, int] = (80, 24), *, seen: bool = True, **told: Any
) -> AsyncGenerator[Visit]:
    """A room on this fleet, once its first view is on the screen; `told` is what else it is opened with."""
    room = ControlRoom(fleet, **told)
    async with room.run_test(size=size) as pilot:
        guest = Visit(room, pilot)
        await guest.until(lambda: len(room.screen_stack) > 1, "the overview")
        if seen:
            await guest.until(lambda: room.sight.view is not None, "a first view")
        yield guest


def screen_text(app: App[Any]) -> str:
    """What stands on the screen, as text."""
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines) + "\n"


@pytest.fixture
def golden() -> Callable[[Visit, str], None]:
    """Compare the screen with the picture of that name; UPDATE_GOLDEN=1 takes it anew."""

    def check(guest: Visit, name: str) -> None:
        width, height = guest.room.size
        path = GOLDEN / f"{name}-{width}x{height}.txt"
        shown = guest.text
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(shown)
        assert path.exists(), f"{path} is missing: look at the screen and take it with UPDATE_GOLDEN=1"
        assert shown == path.read_text()

    return check
