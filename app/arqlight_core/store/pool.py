"""The connections that one event loop shares."""

from typing import Any

import redis.asyncio as aioredis


class ConcurrentPool(aioredis.ConnectionPool):
    """Lets callers connect side by side.

    redis-py 5's own pool connects within its lock: behind a server that does not answer every caller would first wait
    out all the others' timeouts, one after another. Its later versions connect outside of it, as this does.
    """

    async def get_connection(self, *_asked: Any, **_options: Any) -> Any:
        """A connection that is ready for a command. Raises one of OUTAGES."""
        connection: Any = self.get_available_connection()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - untyped there
        try:
            await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection
