"""Small parts: no function above 40 lines, no file above 300, tests included; half of the functions within 8 lines."""

import ast
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from statistics import median

ROOTS = ("app", "workers", "screens")
PROJECT = Path(__file__).parents[2]
FILES = sorted(chain.from_iterable((PROJECT / root).rglob("*.py") for root in ROOTS))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(files: Iterable[Path]) -> dict[str, int]:
    """Every function and its length in lines, without decorators."""
    found: dict[str, int] = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}"
                found[place] = (node.end_lineno or node.lineno) - node.lineno + 1
    return found


def test_there_is_something_to_measure():
    assert len(FILES) > 30
    assert len(TESTS) > 100
    assert len(functions(FILES)) > 300


def test_no_file_has_more_than_three_hundred_lines():
    assert {str(path.relative_to(PROJECT)): lines_of(path) for path in FILES + TESTS if lines_of(path) > 300} == {}


def test_no_function_has_more_than_forty_lines():
    assert {place: length for place, length in functions(FILES + TESTS).items() if length > 40} == {}


def test_half_of_all_functions_have_at_most_eight_lines():
    assert median(functions(FILES).values()) <= 8
