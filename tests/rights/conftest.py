"""Servers of both families with a login for each role, made by the very lines that the command prints."""

import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arqlight_core import rights
from arqlight_core.rights import Role
from arqlight_core.store import connect
from arqlight_core.store.embedded import EmbeddedServer, bundled_binary
from arqlight_core.store.gateway import Store

PASSWORD = "pass word"  # noqa: S105 - of logins that live as long as a test
STOCK = "plain"
"""A queue of stock arq whose name no pattern of ours covers."""

SERVERS = {"valkey": bundled_binary, "redis": lambda: Path(shutil.which("redis-server") or "")}


@dataclass(frozen=True)
class Logins:
    """A server, and the address of each login on it."""

    server: EmbeddedServer
    admin: Any

    def url(self, role: Role) -> str:
        return f"unix://{role}:{PASSWORD.replace(' ', '%20')}@{self.server.socket}"

    def denials(self) -> list[str]:
        """What the server has denied since it was asked last: who, and what."""
        found: list[list[bytes]] = self.admin.execute_command("ACL", "LOG")
        self.admin.execute_command("ACL", "LOG", "RESET")
        rows = (dict(zip(row[::2], row[1::2], strict=True)) for row in found)
        return [f"{row[b'username'].decode()} {row[b'object'].decode()}" for row in rows]


@pytest.fixture(scope="session", params=list(SERVERS))
def acl_server(request: pytest.FixtureRequest) -> Generator[EmbeddedServer]:
    binary = SERVERS[request.param]()
    if not binary.is_file():
        pytest.skip("there is no redis-server on this machine")
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        server = EmbeddedServer.of(Path(made), binary)
        server.ensure()
        yield server
        server.stop()


@pytest.fixture
def logins(acl_server: EmbeddedServer) -> Generator[Logins]:
    """An empty server with fresh logins."""
    client: Any = connect.threaded(acl_server.url)
    client.flushall()
    client.script_flush()
    for role in Role:
        line = rights.line(role, rights.password_hash(PASSWORD), rights.rules(role, [STOCK]))
        client.execute_command("ACL SETUSER", *line.split()[2:])
    logins = Logins(acl_server, client)
    logins.denials()
    yield logins
    client.close()


@pytest.fixture
async def store_of(logins: Logins) -> AsyncGenerator[Callable[[Role], Store]]:
    """A store for each role; they are closed at the end."""
    opened = {role: Store(logins.url(role)) for role in Role}
    yield lambda role: opened[role]
    for store in opened.values():
        await store.close()


@pytest.fixture
def admin(store_of: Callable[[Role], Store]) -> Store:
    """A store that may do everything."""
    return store_of(Role.ADMIN)


def picture(client: Any) -> dict[bytes, bytes]:
    """Every key with its bytes."""
    return {name: client.dump(name) for name in sorted(client.keys("*"))}
