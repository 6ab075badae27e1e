"""The server that the tests of this folder ask."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core.store.gateway import Store
from tests.store.line import Line
from tests.unit.http.house import House, housed, settings_in


@pytest.fixture
async def house(store: Store, line: Line, folder: Path) -> AsyncGenerator[House]:
    """The server over a store with one declared queue."""
    _ = line
    async with housed(store, settings_in(folder)) as opened:
        yield opened
