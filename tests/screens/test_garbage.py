"""Old garbage is collected while nobody types: a key never waits for it, and the room does not grow by it."""

import gc
import weakref
from collections.abc import Generator

import pytest

from arqlight_core import clock
from arqlight_screens import control_room, garbage
from arqlight_screens.garbage import Garbage
from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.conftest import visit


class Circle:
    """What only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _only_when_asked() -> Generator[None]:
    gc.disable()
    yield
    gc.enable()


def old_garbage() -> "weakref.ref[Circle]":
    circle = Circle()
    gc.collect()  # whoever survives it is old
    return weakref.ref(circle)


def middle_collections(times: int) -> None:
    for _ in range(times):
        gc.collect(1)


def test_old_garbage_is_collected_when_it_is_due() -> None:
    left = old_garbage()
    Garbage().collect()
    assert left(), "nothing has been collected since"
    middle_collections(2)
    Garbage().collect()
    assert left() is None


def test_nothing_is_collected_while_somebody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    left, now = old_garbage(), 1000.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    middle_collections(2)
    own = Garbage()
    own.touched()
    own.collect()
    assert left()
    now += 0.5
    own.collect()
    assert left() is None


async def test_the_room_collects_between_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_room, "COLLECT_EVERY", 0.01)
    monkeypatch.setattr(garbage, "_QUIET", 60.0)
    async with visit(CannedFleet(busy_fleet())) as guest:
        await guest.press("j")
        left = old_garbage()
        middle_collections(2)
        await guest.look()
        assert left(), "a key was pressed a moment ago"
        monkeypatch.setattr(garbage, "_QUIET", 0.0)
        await guest.until(lambda: left() is None, "the garbage is collected")
