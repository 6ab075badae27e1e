"""Clients of a master that Sentinels watch: each new connection asks them anew which server that is."""

from typing import Any

import redis.asyncio.sentinel as asynchronous
import redis.sentinel as threaded

from arqlight_core import address
from arqlight_core.store.pool import ConcurrentPool

_SENTINEL_PATIENCE = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "socket_keepalive": True}
"""A Sentinel that does not answer at once is passed over: there are others."""

MASTER_NOT_FOUND = (asynchronous.MasterNotFoundError, threaded.MasterNotFoundError)


class _AsyncMasterPool(ConcurrentPool, asynchronous.SentinelConnectionPool):
    """Closes its connections to the Sentinels, too, when everything is closed."""

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's signature
        await super().disconnect(inuse_connections)
        if inuse_connections:
            manager: Any = self.sentinel_manager
            for sentinel in manager.sentinels:
                await sentinel.aclose()


class _ThreadedMasterPool(threaded.SentinelConnectionPool):
    """As above, for threads."""

    def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's signature
        super().disconnect(inuse_connections)
        if inuse_connections:
            manager: Any = self.sentinel_manager
            for sentinel in manager.sentinels:
                sentinel.close()


def asynchronous_master(url: str, told: dict[str, Any]) -> Any:
    """A client for an event loop; `told` is what its connections are made with."""
    return _master(asynchronous.Sentinel, _AsyncMasterPool, url, told)


def threaded_master(url: str, told: dict[str, Any]) -> Any:
    """A client for a thread."""
    return _master(threaded.Sentinel, _ThreadedMasterPool, url, told)


def _master(kind: Any, pool: Any, url: str, told: dict[str, Any]) -> Any:
    named, options = address.sentinels(url), address.options(url)
    encryption = {name: value for name, value in told.items() if name.startswith("ssl")}
    login = {name: options.get(f"sentinel_{name}") for name in ("username", "password")}
    sentinels = kind(named.hosts, sentinel_kwargs={**_SENTINEL_PATIENCE, **encryption, **login})
    return sentinels.master_for(named.master, connection_pool_class=pool, db=named.database, **told)
