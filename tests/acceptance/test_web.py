"""The control room in a browser: nobody without the token, a first frame with it, and nothing is left behind."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from arqlight.cli import run
from arqlight_core.store.embedded import EmbeddedServer
from tests.acceptance.browser import PROGRAM, chromium

PATIENCE = 30.0
LOCAL = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return probe.getsockname()[1]


class Site:
    """A running `arqlight web`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, address: str) -> None:
        self.process, self.port, self.address = process, port, address
        self.base = f"http://{LOCAL}:{port}"

    def rooms(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncGenerator[Site]:
    port = free_port()
    names = {"REDIS_URL": url, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [sys.executable, "-m", "arqlight", "web", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | names, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        said = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
        site = Site(process, port, re.findall(r"http\S+", said)[0])
        await _answers(port)
        yield site
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _answers(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(LOCAL, port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


def visitor() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def until_seen(page: aiohttp.ClientWebSocketResponse, wanted: bytes) -> None:
    seen = b""
    async with asyncio.timeout(PATIENCE):
        while wanted not in seen:
            seen += await page.receive_bytes()


async def status_of(session: aiohttp.ClientSession, address: str, **headers: str) -> int:
    async with session.get(address, headers=headers) as answer:
        return answer.status


async def test_the_door_lets_one_browser_in_and_its_room_ends_with_it(
    shared_server: EmbeddedServer, tmp_path: Path
) -> None:
    async with served(shared_server.url, tmp_path) as site, visitor() as guest, visitor() as stranger:
        for path in ("/", "/ws", "/static/js/textual.js", "/download/1", "/?token=wrong", "/?token="):
            assert await status_of(stranger, site.base + path) == 403
        assert await status_of(guest, site.address) == 200
        assert await status_of(stranger, site.address) == 403  # a token lets one browser in
        assert await status_of(guest, site.base, Host="evil.example") == 403
        assert await status_of(guest, f"{site.base}/ws", Origin="http://evil.example") == 403
        assert site.rooms() == []
        async with guest.ws_connect(f"{site.base}/ws?width=100&height=30") as page:
            await until_seen(page, b"workers")
            rooms = site.rooms()
            assert len(rooms) == 1
            assert os.getpgid(rooms[0].pid) == rooms[0].pid
        gone, alive = await asyncio.to_thread(psutil.wait_procs, rooms, PATIENCE)
        assert (len(gone), alive) == (1, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_room_outlives_the_server(
    shared_server: EmbeddedServer, tmp_path: Path, number: signal.Signals
) -> None:
    async with served(shared_server.url, tmp_path) as site, visitor() as guest:
        assert await status_of(guest, site.address) == 200
        async with guest.ws_connect(f"{site.base}/ws") as page:
            await until_seen(page, b"workers")
            rooms = site.rooms()
            site.process.send_signal(number)
            _, alive = await asyncio.to_thread(psutil.wait_procs, rooms, PATIENCE)
            assert alive == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "0.0.0.0 can be reached from elsewhere: give a --token"),  # noqa: S104 - it is refused
        (["--host", "box.example"], "box.example can be reached from elsewhere"),
        (["--token", "short"], "The token has 5 characters: take 16 or more"),
    ],
)
def test_what_would_be_open_to_others_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["web", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        assert run(["web", "--port", str(taken.getsockname()[1])]) == 2
    assert "take another --port" in capsys.readouterr().err


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed here")
async def test_a_real_browser_shows_the_room_and_its_keys_reach_it(
    shared_server: EmbeddedServer, tmp_path: Path
) -> None:
    async with served(shared_server.url, tmp_path) as site, chromium(tmp_path / "browser") as page:
        await page.open(site.address)
        await page.until_received("workers")
        await page.click(600, 400)
        await page.press("3")
        await page.until_received("No worker is running")
        picture = await page.picture()
        (tmp_path / "room.png").write_bytes(picture)
        assert len(picture) > 10_000
        # The page asks for a font from elsewhere, and is kept from it; the icon is Chromium's own idea.
        foreign = ("fonts.googleapis.com", "favicon.ico")
        assert [one for one in page.complaints if not any(known in one for known in foreign)] == []
