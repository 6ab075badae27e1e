"""How commands speak: tables and sentences for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 400
"""Columns of output that no terminal shows: wide enough for no line to break."""


def say(sentence: str) -> None:
    """A line for a person."""
    print(sentence)  # noqa: T201 - a command's own output


def complain(sentence: str) -> None:
    """A line about what went wrong."""
    print(f"arqlight: {sentence}", file=sys.stderr)  # noqa: T201 - a command's own output


def as_json(value: Any) -> None:
    """Data for a program: views as objects, states as words."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str))  # noqa: T201 - a command's own output


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Aligned columns; whatever stands in a cell is shown, never obeyed."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, no_wrap=column != columns[-1], overflow="fold")
    for row in rows:
        shown.add_row(*(Text(visible(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(shown)


def visible(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "·" for sign in text)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value


def age(milliseconds: float | None) -> str:
    """A duration in the largest unit that says enough: 340ms, 12s, 5m, 3h, 2d; a dash for none."""
    if milliseconds is None:
        return "-"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"
