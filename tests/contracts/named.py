"""Tests by their names, as pages and tables name them: the file under `tests`, `::`, the function."""

import re
from functools import cache
from pathlib import Path

_TESTS = Path(__file__).parents[1]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE))


def is_test(named: str) -> bool:
    """Whether there is such a file and in it such a test; a file alone is enough where no test is named."""
    path, _, name = named.partition("::")
    return (_TESTS / path).is_file() and (not name or name in _tests_of(_TESTS / path))
