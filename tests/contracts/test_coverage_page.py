"""What docs/coverage.md names is there: each test, file, page and command; and no row is left without what shows it."""

import re
from pathlib import Path
from typing import Any

import pytest

from arqlight.cli import build
from tests.contracts.named import is_test

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coverage.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in re.findall(r"^\| .*\|$", PAGE, re.MULTILINE)
    if not line.startswith("| asked for ")
]
TESTS = sorted(set(re.findall(r"`((?:unit|store|faults|contracts|acceptance|rights|screens|bench)/[^`]+)`", PAGE)))
FILES = sorted(set(re.findall(r"`((?:app|workers|screens)/arqlight[^`]*)`", PAGE)))


def test_it_has_a_row_for_each_thing_that_was_asked_for() -> None:
    assert len(ROWS) > 50
    assert {len(row) for row in ROWS} <= {3, 4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_row_names_a_test(row: list[str]) -> None:
    assert any(f"`{named}`" in row[2] for named in TESTS)


@pytest.mark.parametrize("named", TESTS)
def test_each_test_that_it_names_exists(named: str) -> None:
    assert is_test(named)


def test_each_file_and_page_that_it_names_exists() -> None:
    pages = re.findall(r"\]\(([\w-]+\.md)\)", PAGE)
    assert pages
    assert [one for one in FILES if not (ROOT / one).is_file()] == []
    assert [one for one in pages if not (ROOT / "docs" / one).is_file()] == []


def test_each_command_that_it_names_exists() -> None:
    app: Any = build()
    known = set(app)
    named = [words.split() for words in re.findall(r"`arqlight ([a-z][^`]*)`", PAGE)]
    assert {"incident", "dead", "hub", "receive"} <= {words[0] for words in named}
    assert [words[0] for words in named if words[0] not in known] == []
    assert [words for words in named if not _is_understood(app, words)] == []


def _is_understood(app: Any, words: list[str]) -> bool:
    """Whether the second word is one, where the first is a group of commands."""
    own = set(app[words[0]])
    has_commands = any(not name.startswith("-") for name in own)
    return len(words) == 1 or not has_commands or words[1] in own or words[1].startswith("-")
