"""A server that may be killed, a fleet of processes on it, a stock producer, and an auditor."""

from collections.abc import AsyncGenerator, Generator, Sequence
from pathlib import Path

import pytest
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import default_queue_name

from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from tests.faults.fleet import Fleet
from tests.faults.house import ACTS, GARDEN, HOUSE, SEEN
from tests.faults.ledger import Auditor
from tests.faults.server_process import ServerProcess
from tests.faults.supervision import Supervise, Supervised


@pytest.fixture
async def house(store: Store) -> None:
    """The queues of `house.py`, published, and nothing seen yet."""
    await publish(store, [HOUSE, GARDEN])
    SEEN.clear()
    ACTS.clear()


@pytest.fixture
def server(own_server: EmbeddedServer) -> ServerProcess:
    return ServerProcess(own_server)


@pytest.fixture
async def shop(own_server: EmbeddedServer) -> AsyncGenerator[Store]:
    """As `store`, on the server that may be killed."""
    opened = Store(own_server.url)
    yield opened
    await opened.close()


@pytest.fixture
def fleet(own_server: EmbeddedServer, folder: Path) -> Generator[Fleet]:
    made = Fleet(own_server.url, folder)
    yield made
    made.close()


@pytest.fixture
def supervise(fleet: Fleet) -> Generator[Supervise]:
    """Starts a supervisor of so many processes of a command."""
    started: list[Supervised] = []

    def start(count: int, command: Sequence[str]) -> Supervised:
        started.append(Supervised(fleet, count, command))
        return started[-1]

    yield start
    for supervised in started:
        supervised.close()


@pytest.fixture
async def producer(own_server: EmbeddedServer) -> AsyncGenerator[ArqRedis]:
    """As a stock application has it: arq's own pool, which knows nothing of us."""
    pool = await create_pool(RedisSettings(unix_socket_path=str(own_server.socket)))
    yield pool
    await pool.aclose()


@pytest.fixture
async def stock(store: Store, shared_server: EmbeddedServer) -> AsyncGenerator[ArqRedis]:
    """As `producer`, on the shared server: for tests that break nothing. `store` has emptied it."""
    pool = await create_pool(RedisSettings(unix_socket_path=str(shared_server.socket)))
    assert await store.workers() == []
    yield pool
    await pool.aclose()


@pytest.fixture
async def auditor(own_server: EmbeddedServer) -> AsyncGenerator[Auditor]:
    made = Auditor(own_server.url, QueueKeys(default_queue_name))
    yield made
    await made.close()
