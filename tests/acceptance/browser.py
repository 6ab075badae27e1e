"""A headless Chromium, spoken to by its DevTools protocol: opens a page, presses keys, tells what arrived."""

import asyncio
import base64
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

PATIENCE = 60.0
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One open page: what came through its web socket, and what the browser complained of."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line = line
        self._asked = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session = ""
        self._arrived = asyncio.Event()
        self.received = ""
        self.complaints: list[str] = []

    async def listen(self) -> None:
        """Take in what the browser says, until it is gone."""
        async for message in self._line:
            told = message.json()
            if told.get("id") in self._answers:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told.get("method", ""), told.get("params", {}))

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.webSocketFrameReceived":
            payload: str = told["response"]["payloadData"]
            binary = told["response"]["opcode"] == 2
            self.received += base64.b64decode(payload).decode(errors="replace") if binary else payload
            self._arrived.set()
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))

    async def ask(self, method: str, **told: Any) -> dict[str, Any]:
        """Have the browser do something."""
        self._asked += 1
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        session = {"sessionId": self._session} if self._session else {}
        await self._line.send_json({"id": self._asked, "method": method, "params": told, **session})
        told = await asyncio.wait_for(answer, PATIENCE)
        assert "result" in told, told
        return told["result"]

    async def open(self, address: str) -> None:
        """Open a page, and listen to it from its first byte on."""
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        self._session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for part in ("Network", "Log", "Runtime", "Page"):
            await self.ask(f"{part}.enable")
        await self.ask("Page.navigate", url=address)

    async def until_received(self, wanted: str) -> None:
        """Wait until this has come through the web socket; forget everything up to it."""
        async with asyncio.timeout(PATIENCE):
            while wanted not in self.received:
                self._arrived.clear()
                await self._arrived.wait()
        self.received = self.received.partition(wanted)[2]

    async def press(self, key: str) -> None:
        """Type one character."""
        await self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def click(self, x: int, y: int) -> None:
        """Click there: the terminal gets the keys."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def chromium(folder: Path) -> AsyncGenerator[Page]:
    """A browser with nothing remembered, gone at the end."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *(
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--window-size=1200,800",
        ),
        *("--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(await _address(process), max_msg_size=0) as line,
        ):
            page = Page(line)
            listening = asyncio.create_task(page.listen())
            yield page
            await page.ask("Target.getTargets")
            listening.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while line := await process.stderr.readline():
            if found := re.search(rb"ws://\S+", line):
                return found[0].decode()
    raise RuntimeError("the browser did not start")
