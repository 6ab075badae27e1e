"""The traffic of the demonstration ends when it is told to."""

import asyncio

import pytest

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
