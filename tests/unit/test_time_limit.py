"""A time limit does what asyncio.timeout does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from arqlight_fleet.time_limit import TimeLimit

Scene = Callable[[TimeLimit], Awaitable[str]]


async def in_time(limit: TimeLimit) -> str:
    with limit:
        await asyncio.sleep(0)
    return "done"


async def test_what_ends_in_time_is_left_alone_and_so_is_its_task_afterwards():
    assert await in_time(TimeLimit(0.01)) == "done"
    await asyncio.sleep(0.03)


async def test_what_takes_too_long_times_out_and_can_go_on_awaiting():
    with pytest.raises(TimeoutError), TimeLimit(0.01):
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_a_cancellation_from_outside_stays_one():
    async def waits() -> None:
        with TimeLimit(60):
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_cancelled_and_out_of_time_at_once_is_cancelled():
    async def waits() -> None:
        with TimeLimit(0):
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_swallows_the_cancellation_is_done_and_not_out_of_time():
    ended = False
    with TimeLimit(0.01):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended = True
    assert ended


async def test_an_error_of_its_own_comes_through():
    with pytest.raises(ValueError, match="own"), TimeLimit(60):
        raise ValueError("own")


async def test_the_inner_of_two_limits_times_out_alone():
    with TimeLimit(60):
        with pytest.raises(TimeoutError), TimeLimit(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
