"""A queue that is steered, published."""

import pytest

from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from tests.unit.steered import QUEUE


@pytest.fixture
async def steered(store: Store) -> None:
    await publish(store, [QUEUE])
