"""Everything that a server holds, as bytes: where a test looks for what must not be there."""

from functools import partial
from typing import Any

from arqlight_core.store.gateway import Store

Read = dict[bytes, Any]


async def everything_in(store: Store) -> bytes:
    """Each key with its value."""
    client: Any = store._client  # pyright: ignore[reportPrivateUsage] - no business of the store
    reads: Read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": partial(client.lrange, start=0, end=-1),
        b"zset": partial(client.zrange, start=0, end=-1, withscores=True),
        b"stream": client.xrange,
    }
    found: list[bytes] = []
    async for key in client.scan_iter():
        value = await reads[await client.type(key)](key)
        found += [key, repr(value).encode()]
    return b"\n".join(found)
