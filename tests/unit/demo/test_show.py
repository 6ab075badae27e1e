"""The traffic of the demonstration ends when it is told to."""

import asyncio
import gc
import sqlite3
import weakref
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Refused
from sqlalchemy.exc import OperationalError

from arqlight.demo import show


async def test_traffic_that_loses_its_cancellation_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "STOPPING", 0.05)
    begun, leave = asyncio.Event(), asyncio.Event()

    async def deaf() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await leave.wait()

    async def failing() -> None:
        raise OSError("the disk is full")

    sending = [asyncio.create_task(deaf()), asyncio.create_task(failing())]
    await begun.wait()
    await show.stopped(sending)
    assert not sending[0].done()
    leave.set()
    await sending[0]


class Statement:
    """As a cursor of SQLite's: it lets go when it is collected, and a frame's exception refers to it in a circle."""

    def __init__(self, locked: list[str]) -> None:
        self.itself = self
        locked.append("locked")
        weakref.finalize(self, locked.clear)


async def test_what_was_cut_off_in_the_midst_of_a_write_holds_no_lock() -> None:
    locked, begun = list[str](), asyncio.Event()

    async def write() -> None:
        statement = Statement(locked)
        begun.set()
        await asyncio.Event().wait()
        del statement

    gc.disable()
    try:
        sending = [asyncio.create_task(write())]
        await begun.wait()
        await show.stopped(sending)
        assert locked == []
    finally:
        gc.enable()


class Interrupted:
    """Traffic that is broken off once."""

    def __init__(self, problem: Exception) -> None:
        self.problems, self.runs = [problem], 0

    async def run(self) -> None:
        self.runs += 1
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())

    async def _send(self) -> None:
        if self.problems:
            raise self.problems.pop()


LOCKED = OperationalError("DELETE", {}, sqlite3.OperationalError("database is locked"))


@pytest.mark.parametrize("problem", [Refused("gone"), LOCKED], ids=["server", "database"])
async def test_traffic_goes_on_behind_an_outage(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "LOOK_EVERY", 0)
    traffic: Any = Interrupted(problem)
    await show._outlasting(traffic)  # pyright: ignore[reportPrivateUsage]
    assert traffic.runs == 2


async def test_traffic_that_is_wrong_in_itself_is_not_begun_again() -> None:
    traffic: Any = Interrupted(ValueError("no such shop"))
    with pytest.raises(ExceptionGroup):
        await show._outlasting(traffic)  # pyright: ignore[reportPrivateUsage]
    assert traffic.runs == 1
