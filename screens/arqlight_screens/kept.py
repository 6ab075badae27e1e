"""What the room remembers from one run to the next: the last view, the theme, how each table was arranged."""

import logging
from pathlib import Path

import msgspec

from arqlight_screens.arrangement import PLAIN, Arrangement

log = logging.getLogger(__name__)
_COMMANDS = 100
"""Commands that are remembered."""


class Memory(msgspec.Struct):
    """What is remembered."""

    view: str = ""
    theme: str = ""
    absolute: bool = False
    """Whether times are told as moments."""
    tables: dict[str, Arrangement] = msgspec.field(default_factory=dict[str, Arrangement])
    commands: list[str] = msgspec.field(default_factory=list[str])
    """What was typed, the newest last."""


class Kept:
    """The memory and the file it is in; without a file it lasts as long as the room. An unreadable file is no error."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.memory = self._read()

    def arrangement(self, table: str) -> Arrangement:
        """How a table was arranged last."""
        return self.memory.tables.get(table, PLAIN)

    def arrange(self, table: str, wanted: Arrangement) -> None:
        """Remember how a table is arranged; one that is as it was made needs no memory."""
        if wanted == PLAIN:
            self.memory.tables.pop(table, None)
        else:
            self.memory.tables[table] = wanted

    def command(self, text: str) -> None:
        """Remember a command as the newest."""
        others = [one for one in self.memory.commands if one != text]
        self.memory.commands = [*others[1 - _COMMANDS :], text]

    def save(self) -> None:
        """Write it down; a folder that cannot be written is no reason to fail."""
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            written = self._file.with_suffix(".new")
            written.write_bytes(msgspec.json.format(msgspec.json.encode(self.memory)))
            written.replace(self._file)
        except OSError as problem:
            log.warning("the state of the screen was not kept: %s", problem)

    def _read(self) -> Memory:
        if self._file is None or not self._file.exists():
            return Memory()
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Memory)
        except (OSError, msgspec.DecodeError) as problem:
            log.warning("the state of the screen was not read: %s", problem)
            return Memory()
