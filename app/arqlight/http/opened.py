"""The records of the domains: each opened once, by the first request for it, and closed with the application."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from arqlight_core.run import Opener
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.database import Records


class Opened:
    """What is open by now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._records: dict[Opener[Records], Records] = {}
        self._opening = asyncio.Lock()

    async def records(self, opener: Opener[Any]) -> Any:
        """The records of one domain."""
        async with self._opening:
            if opener not in self._records:
                self._records[opener] = await self._stack.enter_async_context(opener(self._settings))
        return self._records[opener]

    async def close(self) -> None:
        """Close all of it."""
        await self._stack.aclose()
