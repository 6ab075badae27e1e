"""Short chunks of work with files or the CPU off the event loop, so that leases are renewed meanwhile."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Run one chunk in a thread. A cancellation waits for the chunk, so that no thread outlives its files."""
    chunk = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(chunk)
    except asyncio.CancelledError:
        await asyncio.gather(chunk, return_exceptions=True)
        raise


class CalledOff(Exception):
    """What a thread's work was done for is over: nobody waits for it any more."""


async def in_thread_until_cancelled(work: Callable[[Callable[[], None]], T]) -> T:
    """Run long work in a thread. It gets a check to call now and then, which raises CalledOff after a cancellation."""
    over = threading.Event()

    def check() -> None:
        if over.is_set():
            raise CalledOff

    chunk = asyncio.ensure_future(asyncio.to_thread(work, check))
    try:
        return await asyncio.shield(chunk)
    except asyncio.CancelledError:
        over.set()
        await asyncio.gather(chunk, return_exceptions=True)
        raise
