"""A stand-in HTTP server on loopback: answers as it is told, counts what arrives."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Answer:
    """What one request gets. `silent` gives no answer, `dropped` ends the connection instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    silent: bool = False
    dropped: bool = False

    def written(self) -> bytes:
        head = {"content-length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Told", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


@dataclass
class Arrived:
    """One request as it arrived, with the address that was called."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    called: str


@dataclass
class StandIn:
    """Gives the queued answers one after the other, then good ones."""

    port: int = 0
    scheme: str = "http"
    answers: list[Answer] = field(default_factory=list[Answer])
    arrived: list[Arrived] = field(default_factory=list[Arrived])
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the caller went away
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.arrived.append(Arrived(method, path, headers, body, writer.get_extra_info("sockname")[0]))
        self.called.set()
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.silent:
            await reader.read()  # until the caller gives up
        if answer.silent or answer.dropped:
            return False
        writer.write(answer.written())
        await writer.drain()
        return True


@asynccontextmanager
async def stand_in(
    *answers: Answer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncGenerator[StandIn]:
    """A server on a port of its own."""
    standing = StandIn(scheme="https" if tls else "http", answers=list(answers))
    server = await asyncio.start_server(standing.serve, host, 0, ssl=tls)
    standing.port = server.sockets[0].getsockname()[1]
    async with server:
        yield standing
