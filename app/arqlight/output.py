"""How commands speak: tables and sentences for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, cast

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 400
"""Columns of output that no terminal shows: wide enough for no line to break."""

_LINES = "\n\t"
"""What our own sentences and scripts are laid out with."""

_GAP = 2
_FOLDED = 20
"""Columns that a table's last column needs at least: its cells are folded."""


def say(sentence: str) -> None:
    """A line for a person, or several; nothing in them is obeyed by a terminal, whoever has named what is told."""
    print(visible(sentence, keep=_LINES))  # noqa: T201 - a command's own output


def complain(sentence: str) -> None:
    """A line about what went wrong."""
    print(visible(f"arqlight: {sentence}", keep=_LINES), file=sys.stderr)  # noqa: T201 - a command's own output


def as_json(value: Any, *, camel: bool = False) -> None:
    """Data for a program: views as objects, their fields in camelCase where that is said; moments as ISO 8601."""
    print(json.dumps(_plain(value, _camel if camel else str), indent=2, ensure_ascii=False, default=str))  # noqa: T201 - a command's own output


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], spare: Sequence[str] = ()) -> None:
    """Aligned columns; whatever stands in a cell is shown, never obeyed.

    Where a terminal is too narrow, columns that are `spare` are left out, the first of them first.
    """
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    cells = {name: [visible(str(cell)) for cell in column] for name, *column in zip(columns, *rows, strict=True)}
    widths = _widths(cells)
    shown = _fitting(widths, spare, console.width + _GAP)
    folded = _folded(widths, shown, console.width + _GAP)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        drawn.add_column(name, no_wrap=name not in folded, overflow="fold" if name in folded else "ellipsis")
    for row in zip(*(cells[name] for name in shown), strict=True):
        drawn.add_row(*map(Text, row))
    console.print(drawn)
    if left_out := ", ".join(name for name in columns if name not in shown):
        console.print(Text(f"too narrow for: {left_out}", style="dim"))


def _widths(cells: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How wide each column has to be, with the gap behind it; the cells of the last one can be folded."""
    widths = {name: max(map(cell_len, [name, *column])) + _GAP for name, column in cells.items()}
    *_, last = widths
    return {**widths, last: min(widths[last], _FOLDED + _GAP)}


def _fitting(widths: Mapping[str, int], spare: Sequence[str], room: int) -> list[str]:
    """The columns that have room, of the spare ones the last first."""
    shown = [name for name in widths if name not in spare]
    left = room - sum(widths[name] for name in shown)
    for name in reversed(spare):
        if widths[name] <= left:
            shown.append(name)
            left -= widths[name]
    return [name for name in widths if name in shown]


def _folded(widths: Mapping[str, int], shown: Sequence[str], room: int) -> set[str]:
    """The columns whose cells are folded: the last one, and the widest behind the first where that is not enough."""
    (*_, last), inner = widths, shown[1:]
    if sum(widths[name] for name in shown) <= room or not inner:
        return {last}
    return {last, max(inner, key=lambda name: widths[name])}


def visible(text: str, keep: str = "") -> str:
    """The text without anything that a terminal would obey, but for the signs in `keep`."""
    return "".join(sign if sign.isprintable() or sign in keep else "·" for sign in text)


def _plain(value: Any, named: Callable[[str], str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {named(field.name): _plain(getattr(value, field.name), named) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item, named) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, named) for item in cast("list[Any]", value)]
    return value.isoformat() if isinstance(value, date) else value


def _camel(name: str) -> str:
    """`dry_run` as `dryRun`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


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
