"""Calls that come while another one is under way are gathered, and made as one: one commit for many of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Gathering(Generic[T]):
    """Makes calls of many out of calls of one. What the call raises, everybody in it gets."""

    def __init__(self, call: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._call = call
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._making: asyncio.Task[None] | None = None

    async def add(self, one: T) -> None:
        """Return when a call with this one has been made. Who gives up before it has begun is not in it."""
        made = asyncio.get_running_loop().create_future()
        self._waiting.append((one, made))
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make_all())
        await made

    async def _make_all(self) -> None:
        while self._waiting:
            some = [(one, made) for one, made in self._waiting if not made.done()]
            self._waiting.clear()
            problem = await self._made([one for one, _ in some]) if some else None
            for made in (made for _, made in some if not made.done()):
                made.set_exception(problem) if problem else made.set_result(None)

    async def _made(self, some: Sequence[T]) -> Exception | None:
        try:
            await self._call(some)
        except Exception as problem:  # noqa: BLE001 - it is raised by whoever waits
            return problem
        return None
