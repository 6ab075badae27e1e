"""Beside the declared queue of every test: stock arq, and what admits jobs."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings

from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.store.gate import Api, Gate, quick
from tests.store.line import Line
from tests.store.story import Story


@pytest.fixture
def story(line: Line) -> Story:
    return Story(line)


@pytest.fixture
async def stock(line: Line, shared_server: EmbeddedServer) -> AsyncGenerator[ArqRedis]:
    """A stock producer's pool: pickles, with arq's own keys."""
    settings = RedisSettings(unix_socket_path=str(shared_server.socket))
    pool = await create_pool(settings, default_queue_name=line.queue.wire)
    yield pool
    await pool.aclose()


@pytest.fixture
async def gate(store: Store) -> Gate:
    return Gate(store, store._client)  # pyright: ignore[reportPrivateUsage] - it looks at the keys


@pytest.fixture
def api(gate: Gate) -> Api:
    return Api(gate, quick())


@pytest.fixture
async def declared(gate: Gate) -> Store:
    """A queue with a breaker of its own, and a job type that needs `api`."""
    told: dict[str, Any] = {
        "wire": "arq:{crm:mail}",
        "breaker": "faults=3",
        "job_types": {"crm.mail": {"needs": {"api": "faults=3"}}},
    }
    await gate.store.publish_queues({"crm:mail": told})
    return gate.store
