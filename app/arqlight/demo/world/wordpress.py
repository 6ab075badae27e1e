"""A loopback server that shows a site folder by WordPress's observable rules."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from arqlight.demo.world.certificates import serving_context
from arqlight.demo.world.pages import Response
from arqlight.demo.world.state import World
from arqlight.demo.world.web_server import answer

LONGEST_HEAD = 65_536
HANGING_S = 3600.0
HOST = "127.0.0.1"


@asynccontextmanager
async def wordpress(world: World, *, tls: bool = False) -> AsyncGenerator[str]:
    """Serve a site that was created; answers its base URL, which becomes its `home` and `siteurl`.

    With `tls` its certificate is that of `world.certificate_file`, read again for each connection.
    """
    context = serving_context(world) if tls else None
    server = await asyncio.start_server(lambda r, w: _served(world, r, w, tls=tls), HOST, 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    base = f"{'https' if tls else 'http'}://{HOST}:{port}"
    for name in ("home", "siteurl"):
        world.option(name, base)
    try:
        yield base
    finally:
        server.close()


async def _served(world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, tls: bool) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if world.read()["faults"]["hang"]:
            await asyncio.sleep(HANGING_S)
        response = _answered(world, head, tls=tls)
        await asyncio.sleep(response.delay_s)
        writer.write(_wire(response))
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        pass  # the visitor has gone, or the site has
    finally:
        writer.close()


def _answered(world: World, head: str, *, tls: bool) -> Response:
    first, *lines = head.split("\r\n")
    target = first.split(" ")[1] if first.count(" ") > 1 else "/"
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    base = f"{'https' if tls else 'http'}://{headers.get('host', HOST)}"
    return answer(world, target.partition("?")[0], base)


def _wire(response: Response) -> bytes:
    body = response.body.encode() if isinstance(response.body, str) else response.body
    headers = {**response.headers, "Content-Length": str(len(body)), "Connection": "close", "Server": "Apache"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {response.status} -\r\n{lines}\r\n".encode() + body
