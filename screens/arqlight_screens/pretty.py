"""Values of a payload or a result as indented lines, as many as anybody reads and no more."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

_MOST_LINES = 1000
_DEEPEST = 40
"""Cells of indentation: what is nested deeper is left out."""
_MOST_CHARACTERS = 2000
"""Of one string: a payload may hold megabytes, and the screen must stay quick."""


def pretty(value: Any) -> list[str]:
    """JSON's look for any value, cut where it gets too long; says so where it was cut."""
    lines = list(islice(_lines(value, "", ""), _MOST_LINES + 1))
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "… and more"]


def _lines(value: Any, lead: str, end: str) -> Iterator[str]:
    if value and isinstance(value, (dict, list, tuple)) and _indent(lead) >= _DEEPEST:
        yield f"{lead}…{end}"
    elif isinstance(value, dict) and value:
        fields = cast("dict[Any, Any]", value)
        first = islice(fields.items(), _MOST_LINES + 1)
        pairs = [(f"{json.dumps(str(key), ensure_ascii=False)}: ", item) for key, item in first]
        yield from _block(pairs, lead, "{}", end)
    elif isinstance(value, (list, tuple)) and value:
        pairs = [("", item) for item in cast("list[Any]", value)[: _MOST_LINES + 1]]
        yield from _block(pairs, lead, "[]", end)
    else:
        yield f"{lead}{_scalar(value)}{end}"


def _block(pairs: list[tuple[str, Any]], lead: str, brackets: str, end: str) -> Iterator[str]:
    indent = " " * (_indent(lead) + 2)
    yield lead + brackets[0]
    for place, (label, item) in enumerate(pairs, 1):
        yield from _lines(item, indent + label, "," if place < len(pairs) else "")
    yield indent[2:] + brackets[1] + end


def _indent(lead: str) -> int:
    return len(lead) - len(lead.lstrip())


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = value if isinstance(value, str) else _named(value)
    over, text = len(text) - _MOST_CHARACTERS, text[:_MOST_CHARACTERS]
    shown = json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text
    return shown if over <= 0 else f"{shown} … and {over:,} more characters"


def _named(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    return repr(value)
