"""The connections that one event loop shares."""

import asyncio
from collections.abc import Iterable
from functools import cache
from typing import Any

import redis
import redis.asyncio as aioredis


class ConcurrentPool(aioredis.ConnectionPool):
    """Lets callers connect side by side, and be cancelled at any moment.

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

    def make_connection(self) -> Any:
        """One more connection, of the kind that the address asks for."""
        told: Any = self.connection_kwargs  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - untyped there
        return _cancellable(self.connection_class)(**told)


class _Cancellable:
    """A connection on which no cancellation gets lost.

    redis-py 5 sends within `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that comes when all is
    sent and the sender not awake yet: who was told to end went on. This also spares each command a task of its own.
    """

    async def send_packed_command(self: Any, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's signature
        """As redis-py's. Raises redis.TimeoutError and redis.ConnectionError."""
        if not self.is_connected:
            await self.connect()
        elif check_health:
            await self.check_health()
        try:
            await self._send(command)
        except TimeoutError:
            raise redis.TimeoutError("Timeout writing to socket") from None
        except OSError as problem:
            raise redis.ConnectionError(f"Error while writing to socket: {problem}.") from problem

    async def _send(self: Any, command: bytes | str | Iterable[bytes]) -> None:
        """All of it; what was sent in part leaves no connection behind."""
        try:
            async with asyncio.timeout(self.socket_timeout):
                told = command.encode() if isinstance(command, str) else command
                self._writer.writelines([told] if isinstance(told, bytes) else told)
                await self._writer.drain()
        except BaseException:
            await self.disconnect(nowait=True)
            raise


@cache
def _cancellable(kind: type) -> type:
    return type(kind.__name__, (_Cancellable, kind), {})
