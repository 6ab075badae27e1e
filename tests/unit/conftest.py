"""What several modules of unit tests begin with: a queue that is steered, a command line."""

import pytest

from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.store.line import QUEUE as LINE
from tests.unit.shell import Shell
from tests.unit.steered import QUEUE


@pytest.fixture
async def steered(store: Store) -> None:
    await publish(store, [QUEUE])


@pytest.fixture
def shell(shared_server: EmbeddedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line on an empty server with one declared queue."""
    monkeypatch.setenv("REDIS_URL", shared_server.url)
    made = Shell(shared_server.url, capsys, monkeypatch)

    async def emptied(store: Store) -> None:
        await store._client.flushall()  # pyright: ignore[reportPrivateUsage] - no business of the store
        await store.publish_queues({LINE.name: {"wire": LINE.wire, "purpose": "to be tested"}})

    made.on_server(emptied)
    return made
