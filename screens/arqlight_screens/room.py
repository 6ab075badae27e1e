"""What a screen may ask of the app it is part of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.screen import ModalScreen, Screen

from arqlight_screens.alerting import Alerting
from arqlight_screens.kept import Kept
from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line
from arqlight_screens.servers import Servers
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet

if TYPE_CHECKING:
    from arqlight_core.operations import Report
    from arqlight_screens.errands import Errands
    from arqlight_screens.preferences import Preferences

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Purge:
    """What was moved to a queue's trash from this room, by the name under which `undo` finds it."""

    queue: str
    operation: str
    act: int = 0
    """By which act of this room: one that purged in several queues is undone as one."""


class Room(Protocol):
    """The app, as its screens know it."""

    fleet: Fleet
    sight: Sight
    frozen_at: float | None
    kept: Kept
    preferences: "Preferences"
    servers: Servers
    errands: "Errands"
    progress: Line
    """How far the bulk operations are that were begun here; empty without any."""
    alerting: Alerting
    """What is wrong with the fleet, since when."""
    purges: list[Purge]
    """What was purged from here and not put back, the newest last."""

    async def ask(self, operation: str, /, **arguments: Any) -> "Report | None":
        """Carry out an operation and answer its report; None when it failed, which was told."""
        ...

    async def carry_out(self, operation: str, /, **arguments: Any) -> "Report | None":
        """Carry out an operation and tell what came of it; None when it failed. Raises ConfirmationNeeded."""
        ...

    async def answer(self, question: ModalScreen[A]) -> A:
        """Ask, and wait for the answer."""
        ...

    def open(self, screen: Screen[None]) -> None:
        """Put a screen in front."""
        ...

    def leave(self) -> None:
        """Take the screen in front away."""
        ...

    @property
    def view(self) -> str:
        """The view in front, or the one from which one has come here."""
        ...

    def go(self, view: str) -> None:
        """Go to a view by its name."""
        ...

    def go_back(self) -> None:
        """Go to the view before this one."""
        ...

    def press(self, key: Key) -> None:
        """Do what the key does."""
        ...

    def tell(self, text: str, *, failed: bool = False) -> None:
        """Show a sentence for a moment."""
        ...

    def freeze(self) -> None:
        """Hold the view still, or let it go on."""
        ...

    def refuse_changes(self) -> None:
        """Refuse every change until the room is left."""
        ...

    async def look_at(self, fleet: Fleet) -> None:
        """Look at another fleet from now on."""
        ...
