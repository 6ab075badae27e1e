"""A task hub on SQLite and, where it is installed, on PostgreSQL."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core.settings import Settings
from tests.unit.billing import test_postgresql
from tests.unit.flrts.hub import Hub, World, services

postgresql_server = test_postgresql.server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path / "data")
    if not all(map(shutil.which, test_postgresql.PROGRAMS)):
        pytest.skip("PostgreSQL is not installed")
    return Settings(data_dir=tmp_path / "data", database_url=request.getfixturevalue("postgresql_server"))


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    async with services() as made:
        yield made


@pytest.fixture
async def hub(settings: Settings, world: World) -> AsyncGenerator[Hub]:
    made = await Hub.of(world, settings)
    async with made.first.stack:
        yield made


@pytest.fixture
async def both(either: Settings, world: World) -> AsyncGenerator[Hub]:
    """A hub on each kind of database."""
    made = await Hub.of(world, either)
    async with made.first.stack:
        yield made
