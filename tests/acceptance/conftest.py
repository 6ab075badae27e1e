from collections.abc import Generator
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine


@pytest.fixture
def user(folder: Path) -> Generator[CommandLine]:
    line = CommandLine(folder)
    yield line
    line.close()
