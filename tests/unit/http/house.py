"""A server of the HTTP interface on loopback, and who asks it."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn

from arqlight.http.application import application
from arqlight.http.connections import Connection
from arqlight_core.operations import tokens
from arqlight_core.rights import Role
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.outbound.trust import trusted

WHATSAPP_SECRET, TELEGRAM_SECRET, VERIFY = "a-secret", "another-secret", "shown-once"


@dataclass
class House:
    """A server with a caller of each role, and one without any."""

    store: Store
    settings: Settings
    viewer: httpx.AsyncClient
    operator: httpx.AsyncClient
    admin: httpx.AsyncClient
    stranger: httpx.AsyncClient

    async def waiting(self, queue: str) -> int:
        """How many jobs of a queue wait."""
        return (await self.viewer.get(f"/api/v1/queues/{queue}")).json()["counts"]["waiting"]

    async def audit(self) -> list[Any]:
        """The rows of the trail, newest first."""
        told = (await self.viewer.get("/api/v1/audit")).json()
        return told["items"]


def settings_in(folder: Path, **more: Any) -> Settings:
    """Settings of a server of its own."""
    return msgspec.structs.replace(
        Settings(),
        data_dir=folder,
        whatsapp_app_secret=WHATSAPP_SECRET,
        whatsapp_verify_token=VERIFY,
        telegram_webhook_secret=TELEGRAM_SECRET,
        **more,
    )


@asynccontextmanager
async def housed(store: Store, settings: Settings) -> AsyncGenerator[House]:
    """The server until the end of the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:  # else each answer is held
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application(store, settings), http=Connection, log_config=None, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        while not server.started:
            assert not serving.done()
            await asyncio.sleep(0.005)
        callers = [
            httpx.AsyncClient(base_url=url, timeout=20, verify=trusted(), headers=await _bearer(store, role))
            for role in _ROLES
        ]
        try:
            yield House(store, settings, *callers)
        finally:
            for caller in callers:
                await caller.aclose()
            server.should_exit = True
            await serving


_ROLES = (*tokens.ROLES, None)


async def _bearer(store: Store, role: Role | None) -> dict[str, str]:
    if role is None:
        return {}
    text = await tokens.create_token(store, f"the-{role}", role, actor="a test")
    return {"Authorization": f"Bearer {text}"}
