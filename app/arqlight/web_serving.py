"""The control room in browsers: an HTTP server behind a door, and for each browser a control room of its own.

Textual's server does the talking. Here it is given a door, pages that load nothing from elsewhere, and rooms that end
with their browser: each is the head of a process group, and what is left of that is killed.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import aiohttp_jinja2
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server

from arqlight.web_door import Door

COOKIE = "arqlight"
GRACE = 5.0
"""Seconds that a room has to end by itself."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Room(AppService):
    """One browser's control room."""

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        """Start it as the head of its own process group."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self.command.split("\0"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=self._build_environment(width=width, height=height),
            start_new_session=True,
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Talk with it until it ends, by whatever way: its browser is told."""
        try:
            await super().run()
        finally:
            await self.remote_close()

    async def stop(self) -> None:
        """Let it end, and see to it that nothing of it is left."""
        process = self._process
        if process is None:
            return
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await super().stop()
                    await process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            self._process = None


class GuardedServer(Server):
    """Textual's server behind a door."""

    def __init__(self, command: Sequence[str], host: str, port: int, door: Door, names: Sequence[str]) -> None:
        super().__init__("\0".join(command), host=host, port=port, title="arqlight")  # pyright: ignore[reportUnknownMemberType] - any path
        self._door, self._names = door, frozenset(names)
        self._rooms = set[Room]()

    async def _make_app(self) -> web.Application:
        application = await super()._make_app()
        application.middlewares.append(self._guarded)
        return application

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Nothing is served to whoever has neither cookie nor token, or comes by a page of somebody else."""
        if not self._is_ours(request):
            raise web.HTTPForbidden(text="This page was asked for under a name that is not its own.\n")
        token = request.query.get("token")
        if token is not None:
            raise self._welcomed(token)
        if not self._door.knows(request.cookies.get(COOKIE, "")):
            raise web.HTTPForbidden(text="Open the whole address that `arqlight web` has printed: it holds a token.\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def _is_ours(self, request: web.Request) -> bool:
        """Whether host and origin are this server's: a name that was bent to our address is somebody else's."""
        origin = request.headers.get("Origin")
        own = not self._names or request.host in self._names
        return own and (origin is None or origin.partition("://")[2] == request.host)

    def _welcomed(self, token: str) -> web.HTTPException:
        session = self._door.admit(token)
        if not session:
            return web.HTTPForbidden(text="This token is spent or wrong: `arqlight web` prints the next one.\n")
        answer = web.HTTPSeeOther("/")
        answer.set_cookie(COOKIE, session, httponly=True, samesite="Lax")
        return answer

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, with addresses under the name by which it was asked for."""
        encrypted = request.headers.get("X-Forwarded-Proto") == "https"
        context = {
            "font_size": 16,
            "app_websocket_url": f"{'wss' if encrypted else 'ws'}://{request.host}/ws",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": self.title},
        }
        return aiohttp_jinja2.render_template("app_index.html", request, context)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One browser's room, for as long as the browser stays."""
        socket = web.WebSocketResponse(heartbeat=15)
        await socket.prepare(request)

        async def close() -> None:
            await socket.close()

        room = Room(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        self._rooms.add(room)
        try:
            await room.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await self._process_messages(socket, room)
        finally:
            await room.stop()
            self._rooms.discard(room)
        return socket

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: who started the server has said where it is."""

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002 - Textual's own signature
        """End every room."""
        await asyncio.gather(*(room.stop() for room in self._rooms))

    def serve(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - Textual's own signature
        """Serve until interrupted. Raises OSError when the port cannot be had."""
        web.run_app(self._make_app(), host=self.host, port=self.port, print=None, access_log=None, shutdown_timeout=1)


def _cells(request: web.Request, which: str, usual: int) -> int:
    told = request.query.get(which, "")
    return min(1000, max(1, int(told))) if told.isdecimal() else usual
