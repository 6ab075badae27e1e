"""What can be copied of a row: its id, what stands in it, everything that is known of it, the command that tells it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from arqlight_screens.columns import Column
from arqlight_screens.lines import Part


class Copied(NamedTuple):
    """A text and what it is."""

    label: str
    text: str


def row_copies(key: str, row: Any, columns: Sequence[Column[Any]], now_ms: int) -> list[Copied]:
    """Of any row of any table."""
    cells = "  ".join(text for column in columns if (text := cell_text(column, row, now_ms)))
    return [Copied("id", key), Copied("what the row shows", cells), Copied("row as JSON", as_json(row))]


def cell_text(column: Column[Any], row: Any, now_ms: int) -> str:
    """What stands in a cell, uncut."""
    cell = column.cell(row, now_ms)
    parts = (cell,) if isinstance(cell, Part) else cell
    return "".join(part.text for part in parts).strip()


def as_json(value: Any) -> str:
    """A view, a row or a payload as indented JSON; what JSON has no word for is told as text."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=repr), indent=2).decode()
