"""An outbox on SQLite and, where it is installed, on PostgreSQL."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.outbound.effects import Outbox, outbox
from tests.unit.billing import test_postgresql

postgresql_server = test_postgresql.server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path / "data")
    if not all(map(shutil.which, test_postgresql.PROGRAMS)):
        pytest.skip("PostgreSQL is not installed")
    return Settings(data_dir=tmp_path / "data", database_url=request.getfixturevalue("postgresql_server"))


@pytest.fixture
async def box(settings: Settings) -> AsyncGenerator[Outbox]:
    """An empty outbox."""
    async with outbox(settings) as opened:
        async with opened.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM effects")
        yield opened
