"""Clients of HTTP that keep their connections and do as little as they can, so that the server is what is measured."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from arqlight_core.clock import monotonic

PATIENCE = 60.0
"""Seconds for which something is sent again, as senders do; a little longer than any server here is away."""

PAUSE = 0.1
PASSES = (429, 503)


class Gone(Exception):
    """Nobody took it."""


@dataclass
class Caller:
    """One client with one connection, made anew where it broke."""

    port: int
    token: str = ""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError and EOFError."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        told = {"Host": "bench", "Content-Length": str(len(body)), **bearer, **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        try:
            reader, writer = await self._connected()
            writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            await writer.drain()
            return await _answer(reader)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the connection go."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self._streams


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), await reader.readexactly(int(told.get("content-length", 0)))


@dataclass
class Load:
    """Something that is sent many times. `took`: ms of each answer that was wanted, without the tries before it."""

    wanted: int
    took: list[float] = field(default_factory=list[float])
    again: int = 0
    """How often something was sent again, as nobody had answered, or with 'later'."""
    seconds: float = 0.0

    async def send(self, caller: Caller, make: Callable[[], tuple[str, dict[str, str], bytes]]) -> bytes:
        """Send it until it is taken. Raises Gone when that lasts too long, or the answer is a wrong one."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            began = monotonic()
            with suppress(OSError, EOFError):
                status, body = await caller.post(*make())
                if status == self.wanted:
                    self.took.append((monotonic() - began) * 1000)
                    return body
                if status not in PASSES:
                    raise Gone(f"{status}: {body.decode(errors='replace')}")
            self.again += 1
            await asyncio.sleep(PAUSE)
        raise Gone("nobody has answered for a minute")

    async def all(
        self,
        callers: list[Caller],
        numbers: Iterable[int],
        one: Callable[[Caller, int], Awaitable[None]],
        per_second: float = math.inf,
    ) -> None:
        """Each of the numbers once, so many a second, and no more at a time than there are callers."""
        left, began = enumerate(numbers), monotonic()

        async def work(caller: Caller) -> None:
            for place, number in left:
                await asyncio.sleep(max(0.0, began + place / per_second - monotonic()))
                await one(caller, number)

        async with asyncio.TaskGroup() as group:
            for caller in callers:
                group.create_task(work(caller))
        self.seconds = monotonic() - began

    def percentile(self, share: float) -> float:
        """In ms; 0 where nothing was taken."""
        return sorted(self.took)[min(int(len(self.took) * share), len(self.took) - 1)] if self.took else 0.0
