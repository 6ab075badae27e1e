"""What operators have set of job types, for those who queue jobs: read at most once a second, and never in the way."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import redis

from arqlight_core.clock import monotonic
from arqlight_core.errors import UsageError
from arqlight_core.live_values import as_queued
from arqlight_core.store.scripts import Orders

logger = logging.getLogger("arqlight.live_terms")

FRESH = 1.0
"""Seconds for which what a producer has read counts."""
FED = 5.0
"""Seconds for which it does that a worker has read, which reads it every second anyway."""


class LiveTerms:
    """The newest reading of what operators have ordered; `read` asks the server."""

    def __init__(self, read: Callable[[], Awaitable[Orders]]) -> None:
        self._read = read
        self._orders = Orders(0, {}, {})
        self._stale_at = 0.0

    def feed(self, orders: Orders) -> None:
        """Take what was read for another purpose."""
        self._orders, self._stale_at = orders, monotonic() + FED

    async def of(self, job_type: Any) -> Any:
        """The job type with the priority and the unique key that count now; as declared where they cannot be read."""
        await self._refresh()
        standing = self._orders.standing(job_type.queue.name)
        try:
            return as_queued(job_type, {setting: override.value for setting, override in standing.items()})
        except UsageError:  # whatever a later version wrote: workers tell of it
            return job_type

    async def _refresh(self) -> None:
        if monotonic() < self._stale_at:
            return
        self._stale_at = monotonic() + FRESH
        try:
            self._orders = await self._read()
        except (msgspec.MsgspecError, redis.ResponseError, UnicodeError) as problem:
            logger.debug("live settings cannot be read: %s", problem)
