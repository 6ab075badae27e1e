"""The table at hand as a file: CSV as it stands on the screen, JSON with all that is known of a row; and a picture."""

import asyncio
import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arqlight_core.errors import UsageError
from arqlight_screens.columns import Column
from arqlight_screens.copies import as_json, cell_text

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen

MOST = 10_000
"""Rows of one export: a window over a million jobs is read so far and no further."""

_FORMULA = re.compile(r"[=+\-@\t\r].")
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")


@dataclass(frozen=True, slots=True)
class Exported:
    """The rows of a table, as filtered and sorted, and how many there are in all."""

    columns: Sequence[Column[Any]]
    rows: Sequence[Any]
    total: int
    now_ms: int


async def export(screen: "RoomScreen", said: str) -> str:
    """Write the screen's table to a file; answers what came of it. Raises UsageError where it cannot be written."""
    name = said or screen.file_name("csv")
    shape = {".csv": as_csv, ".json": _rows_as_json}.get(Path(name).suffix.casefold())
    if shape is None:
        raise UsageError(f"{name} is neither a .csv nor a .json file: its name says what is written.")
    found = await screen.exported(MOST)
    if found is None:
        raise UsageError("There is no table on this screen; `:screenshot` makes a picture of it.")
    place = await deliver(screen, name, shape(found))
    more = f", of {found.total:,}: the first that there are" if found.total > len(found.rows) else ""
    return f"{len(found.rows):,} rows{more}: {place}"


async def screenshot(screen: "RoomScreen", said: str) -> str:
    """Write a picture of the screen to a file; answers where. Raises UsageError where it cannot be written."""
    name = said or screen.file_name("svg")
    if Path(name).suffix.casefold() != ".svg":
        raise UsageError(f"{name} is no .svg file: that is what a picture of the screen is.")
    picture = screen.program.export_screenshot(title="arqlight").replace("<text ", '<text xml:space="preserve" ')
    return f"a picture of the screen: {await deliver(screen, name, picture)}"


async def deliver(screen: "RoomScreen", name: str, text: str) -> str:
    """Hand the text over: to a new file, or where the room is in a browser to that; answers what it is called there."""
    if screen.program.is_web:
        screen.program.deliver_text(io.StringIO(text), save_filename=Path(name).name)
        return f"{Path(name).name} in your downloads"
    return str(await asyncio.to_thread(write_new, Path(name), text))


def write_new(name: Path, text: str) -> Path:
    """Write a file that is not there yet, for its owner alone; answers where. Raises UsageError when it cannot."""
    path = name.expanduser().absolute()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as problem:
        raise UsageError(f"{path} is there already and stays as it is: say another name.") from problem
    except OSError as problem:
        raise UsageError(f"{path} cannot be written ({problem.strerror}): say another place.") from problem
    return path


def as_csv(table: Exported) -> str:
    """The table's columns as they stand on the screen, uncut."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(column.name for column in table.columns)
    for row in table.rows:
        lines.writerow(guarded(cell_text(column, row, table.now_ms)) for column in table.columns)
    return written.getvalue()


def guarded(text: str) -> str:
    """The text behind an apostrophe where a spreadsheet would take it for a formula and carry it out."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _rows_as_json(table: Exported) -> str:
    return as_json(list(table.rows)) + "\n"
