"""What several modules of CRM tests begin with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core.settings import Settings
from tests.unit.crm.desk import Desk, open_desk
from tests.unit.crm.post import Post, open_post


@pytest.fixture
async def post(tmp_path: Path) -> AsyncGenerator[Post]:
    """Ann, to whom a message may go, and a stand-in of WhatsApp."""
    async with open_post(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A tenant with files, conversations and figures, and a stand-in of language models."""
    async with open_desk(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened
