"""Other servers that the room can go to, each known by a name and shown in its own colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from textual.color import Color, ColorParseError

from arqlight_core.errors import UsageError
from arqlight_screens.lines import Line, Part
from arqlight_screens.source import Fleet

_TINT = 0.3


@dataclass(frozen=True, slots=True)
class Server:
    """One server, as its entry in the file of contexts tells it. It holds no password."""

    name: str
    address: str = ""
    colour: str = ""
    production: bool = False
    read_only: bool = False

    @property
    def tint(self) -> Color | None:
        """What its colour makes of the header, so faint that text stays readable; None for what is no colour."""
        try:
            return Color.parse(self.colour).with_alpha(_TINT)
        except ColorParseError:
            return None

    @property
    def badge(self) -> Line:
        """Its name, as the header shows it; production is told apart by more than its colour."""
        if self.production:
            return (Part(f" ! {self.name} production ", "badge"), Part(" "))
        return (Part(f" {self.name} ", "chosen"), Part(" "))


class Servers(Protocol):
    """The servers with a name."""

    @property
    def here(self) -> Server | None:
        """The one at hand; None when it has no name."""
        ...

    def known(self) -> Sequence[Server]:
        """All of them. Raises UsageError when their file cannot be read."""
        ...

    def go_to(self, name: str) -> Fleet:
        """The fleet behind one of them, which is the one at hand from now on. Raises UsageError for an unknown name."""
        ...


class NoOthers:
    """Only the server that the room was opened on."""

    here: Server | None = None

    def known(self) -> Sequence[Server]:
        """None has a name."""
        return ()

    def go_to(self, name: str) -> Fleet:
        """There is nowhere to go."""
        raise UsageError(f"There is no context {name}: this room knows one server only.")
