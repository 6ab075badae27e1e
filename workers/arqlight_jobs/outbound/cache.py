"""Answers worth keeping for a while, on the fleet's own server under a prefix of their own; every entry expires.

cashews speaks to the server; it brings the lock and the deletion by SCAN. Values are JSON, never pickle.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

import msgspec

from arqlight_core.address import is_sentinel
from arqlight_core.clock import monotonic
from arqlight_core.errors import Unavailable, UsageError
from arqlight_core.policy import SECOND
from arqlight_core.settings import Settings

if TYPE_CHECKING:
    from cashews.backends.redis import Redis

T = TypeVar("T")
Fetch = Callable[[], Awaitable[T]]

PREFIX = "arqlight:cache:"
_VALUE, _LOCK = f"{PREFIX}value:", f"{PREFIX}lock:"
_GLANCE_S = 0.05
_MISSING = object()


class CacheAway(Unavailable):
    """The cache's server does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class Cache:
    """An open cache. Every method but `fetched` and `health` raises CacheAway when the server does not answer."""

    backend: "Redis"
    outage: type[Exception]
    fetching: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary[str, asyncio.Lock])

    async def get(self, key: str, default: Any = None) -> Any:
        """The value kept under the key, or the default; what cannot be read counts as not there."""
        kept: bytes | None = await self._told(self.backend.get_raw(_VALUE + key))
        try:
            return default if kept is None else msgspec.json.decode(kept)
        except msgspec.DecodeError:
            return default

    async def set(self, key: str, value: Any, ttl: timedelta) -> None:
        """Keep a value that JSON can carry for this long."""
        await self._told(self.backend.set_raw(_VALUE + key, msgspec.json.encode(value), px=_milliseconds(ttl)))

    async def delete(self, key: str) -> bool:
        """Forget the value; whether there was one."""
        return await self._told(self.backend.delete(_VALUE + key))

    async def delete_matching(self, pattern: str) -> None:
        """Forget every value whose key matches, where `*` stands for anything; by SCAN, so the server stays free."""
        await self._told(self.backend.delete_match(_VALUE + pattern))

    async def exists(self, key: str) -> bool:
        """Whether a value is kept under the key."""
        return await self._told(self.backend.exists(_VALUE + key))

    async def incr(self, key: str, by: int = 1, *, ttl: timedelta) -> int:
        """Count up and give the new count; a new counter begins at 0 and is kept for this long from its beginning."""
        await self._told(self.backend.set_raw(_VALUE + key, 0, px=_milliseconds(ttl), nx=True))
        count = await self._told(self.backend.incr(_VALUE + key, by))
        if count == by:  # new, perhaps because the old one expired between the two calls
            await self._told(self.backend.expire(_VALUE + key, ttl / SECOND))
        return count

    async def decr(self, key: str, by: int = 1, *, ttl: timedelta) -> int:
        """Count down, as `incr` counts up."""
        return await self.incr(key, -by, ttl=ttl)

    async def fetched(self, key: str, fetch: Fetch[T], ttl: timedelta, *, patience: timedelta = 30 * SECOND) -> T:
        """The value kept under the key; when there is none, what `fetch` gives, kept for this long.

        Of all who miss it at once, in every process, one fetches and the others wait for it, unless it takes longer
        than `patience`. Without the server each fetches for itself.
        """
        async with self.fetching.setdefault(key, asyncio.Lock()):
            try:
                value = await self.get(key, _MISSING)
            except CacheAway:
                return await fetch()
            return value if value is not _MISSING else await self._fetch_locked(key, fetch, ttl, patience)

    async def _fetch_locked(self, key: str, fetch: Fetch[T], ttl: timedelta, patience: timedelta) -> T:
        value: Any = _MISSING
        try:
            async with self.backend.lock(_LOCK + key, patience / SECOND, check_interval=_GLANCE_S):
                value = await self.get(key, _MISSING)
                if value is _MISSING:
                    value = await fetch()
                    await self.set(key, value, ttl)
        except (CacheAway, self.outage):
            return await fetch() if value is _MISSING else value
        return value

    async def health(self) -> timedelta | None:
        """How long the server takes to answer; None when it does not."""
        asked = monotonic()
        try:
            await self.backend.ping()
        except self.outage:
            return None
        return (monotonic() - asked) * SECOND

    async def _told(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except self.outage as problem:
            raise CacheAway(f"the cache does not answer: {problem.__cause__!r}", dependency="cache") from problem


def _milliseconds(ttl: timedelta) -> int:
    whole = ttl // timedelta(milliseconds=1)
    if whole < 1:
        raise ValueError(f"What is cached must be kept for at least a millisecond, not {ttl}.")
    return whole


@asynccontextmanager
async def cache(settings: Settings) -> AsyncGenerator[Cache]:
    """The cache on the server of these settings, for `Run.open`; closed with its connections.

    Raises UsageError when they name no server, or one behind Sentinels.
    """
    url = settings.redis_url
    if url is None or is_sentinel(url):
        raise UsageError("The cache needs the address of a single server; set REDIS_URL to redis:// or unix://.")
    backend, outage = _connected(url)
    await backend.init()
    try:
        yield Cache(backend, outage)
    finally:
        await backend.close()


def _connected(url: str) -> "tuple[Redis, type[Exception]]":
    """A backend for this server, and what it raises when the server does not answer."""
    from cashews.backends.redis import Redis  # noqa: PLC0415 - it loads redis, which job code does without
    from cashews.exceptions import CacheBackendInteractionError  # noqa: PLC0415

    class Closing(Redis):
        """Closes by the word that redis-py has for it now; cashews has the old one, which warns."""

        async def close(self) -> None:
            await self._client.aclose()

    return Closing(url, suppress=False, socket_timeout=2.0, socket_connect_timeout=2.0), CacheBackendInteractionError
