"""What the control room is told before it opens, out of `control-room.toml`; without the file all is as usual."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from arqlight import places
from arqlight_core.errors import UsageError


class RoomSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may stand there."""

    mouse: bool = True
    """Without it the terminal keeps the mouse, for its own selection of text."""
    clipboard: Literal["auto", "tmux", "native", "osc52", "off"] = "auto"
    """Which way copied text goes."""


def read(path: Path | None = None) -> RoomSettings:
    """The settings. Raises UsageError when the file cannot be understood."""
    place = path or places.preferences()
    try:
        return msgspec.convert(tomllib.loads(place.read_text(encoding="utf-8")), RoomSettings)
    except FileNotFoundError:
        return RoomSettings()
    except (OSError, ValueError) as problem:
        raise UsageError(f"{place} does not fit: {problem}; mend it, or move it away.") from problem
