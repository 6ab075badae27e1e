"""Whoever waits for the server can be told to end at any moment."""

import asyncio

import pytest

from arqlight_core.store.gateway import Store

TURNS = 40
"""Of the event loop: until then a command is sent, and its answer is waited for."""


async def ended_by_cancellation(store: Store, turns: int) -> bool:
    """Whether a command ends that is cancelled after so many turns of the event loop; or has ended by then."""
    asking = asyncio.create_task(store.time_ms())
    for _ in range(turns):
        await asyncio.sleep(0)
    was_there = asking.done()
    asking.cancel()
    await asyncio.wait([asking])
    return was_there or asking.cancelled()


@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "not-yet"])
async def test_no_cancellation_of_a_command_is_lost(store: Store, *, is_connected: bool) -> None:
    for turns in range(TURNS):
        other = Store(store.url)
        if is_connected:
            await other.ping()
        assert await ended_by_cancellation(other, turns), f"cancelled after {turns} turns, it went on"
        await other.close()
