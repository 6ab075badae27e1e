"""Short chunks of work with files or the CPU off the event loop, so that leases are renewed meanwhile."""

import asyncio
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
