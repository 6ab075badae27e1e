"""A provider's stand-in on loopback: answers as the provider would, fails as it is told, and counts what took effect.

`POST /__script` queues faults as `script` does; `GET /__calls` tells what arrived, for programs in other processes.
"""

import asyncio
import base64
import socket
import ssl
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from aiohttp import web

from arqlight_core.clock import monotonic

HOST = "127.0.0.1"
LARGEST_BODY = 64 * 1024**2
MOST_CALLS = 200_000
"""Calls that are remembered; of older ones only the effects stay."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; `headers` in lower case, `at` in seconds of a monotonic clock."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        """The body read as JSON. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gets. `effect` names what it did that must not happen twice; an answer without one did nothing."""

    status: int = 200
    body: Any = b""
    """Bytes, or anything that JSON can carry."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    effect: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one call instead: an answer of its own, or a line that goes dead before or after the effect."""

    status: int = 0
    """0: the provider's own answer."""
    body: msgspec.Raw = msgspec.Raw(b"{}")
    headers: dict[str, str] = {}
    delay: float = 0.0
    """Seconds until it is answered."""
    drop: Literal["", "before", "after"] = ""
    path: str = ""
    """Only calls whose path begins so."""


@dataclass
class StandIn:
    """One provider. `answer` is how it behaves when nothing is wrong."""

    answer: Callable[[Call], Answer]
    url: str = ""
    calls: deque[Call] = field(default_factory=lambda: deque[Call](maxlen=MOST_CALLS))
    effects: Counter[str] = field(default_factory=Counter[str])
    """How often each effect took place."""
    faults: list[Fault] = field(default_factory=list[Fault])
    called: asyncio.Event = field(default_factory=asyncio.Event)
    latency: float = 0.0
    """Seconds that an answer takes where no fault says otherwise."""
    prevailing: Fault | None = None
    """What every call meets that meets no scripted fault, for as long as it stands here."""

    def remember(self, most: int) -> None:
        """Keep so many calls at the most."""
        self.calls = deque(self.calls, maxlen=most)

    def script(self, *faults: Fault) -> None:
        """Let the next calls go wrong, one for each fault."""
        self.faults += faults

    async def served(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        call = await _call(request)
        if call.path.startswith("/__"):
            return self._told(call)
        self.calls.append(call)
        self.called.set()
        fault = self._fault(call) or Fault()
        await asyncio.sleep(fault.delay or self.latency)
        answer = self._answer(call, fault)
        if fault.drop and request.transport:
            request.transport.abort()
        return _response(answer)

    def _answer(self, call: Call, fault: Fault) -> Answer:
        if fault.drop == "before":
            return Answer()
        if fault.status:
            return Answer(fault.status, bytes(fault.body), fault.headers)
        answer = self.answer(call)
        if answer.effect:
            self.effects[answer.effect] += 1
        return answer

    def _fault(self, call: Call) -> Fault | None:
        found = next((one for one in self.faults if call.path.startswith(one.path)), None)
        if found:
            self.faults.remove(found)
            return found
        weather = self.prevailing
        return weather if weather and call.path.startswith(weather.path) else None

    def _told(self, call: Call) -> web.StreamResponse:
        if call.path == "/__script":
            self.script(*msgspec.json.decode(call.body, type=list[Fault]))
            return web.Response(status=204)
        told = [
            {
                "method": one.method,
                "path": one.path,
                "headers": one.headers,
                "body": base64.b64encode(one.body).decode(),
            }
            for one in self.calls
        ]
        return _response(Answer(body={"calls": told, "effects": self.effects}))


async def _call(request: web.Request) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.read()
    return Call(request.method, request.path, dict(request.query), headers, body, monotonic())


def _response(answer: Answer) -> web.Response:
    plain = isinstance(answer.body, bytes)
    body = answer.body if plain else msgspec.json.encode(answer.body)
    kind = {} if plain and not body else {"Content-Type": "application/json"}
    return web.Response(status=answer.status, body=body, headers={**kind, **answer.headers})


@asynccontextmanager
async def standing(
    stand_in: StandIn, *, tls: ssl.SSLContext | None = None, door: socket.socket | None = None
) -> AsyncGenerator[StandIn]:
    """Serve on a port of its own, or at a door that listens already; `url` then says where."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_route("*", "/{rest:.*}", stand_in.served)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        own = web.SockSite(runner, door, ssl_context=tls) if door else web.TCPSite(runner, HOST, 0, ssl_context=tls)
        await own.start()
        stand_in.url = f"{'https' if tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
        yield stand_in
    finally:
        await runner.cleanup()
