"""What a screen may ask of the app it is part of."""

from typing import TYPE_CHECKING, Any, Protocol

from textual.screen import ModalScreen, Screen

from arqlight_screens.kept import Kept
from arqlight_screens.keymap import Key
from arqlight_screens.lines import Line
from arqlight_screens.sight import Sight
from arqlight_screens.source import Fleet

if TYPE_CHECKING:
    from arqlight_core.operations import Report


class Room(Protocol):
    """The app, as its screens know it."""

    fleet: Fleet
    sight: Sight
    frozen_at: float | None
    kept: Kept
    progress: Line
    """How far the bulk operations are that were begun here; empty without any."""

    async def ask(self, operation: str, **arguments: Any) -> "Report | None":
        """Carry out an operation and answer its report; None when it failed, which was told."""
        ...

    async def carry_out(self, operation: str, **arguments: Any) -> None:
        """Carry out an operation and tell what came of it."""
        ...

    async def confirmed(self, question: ModalScreen[bool]) -> bool:
        """Ask, and wait for the answer."""
        ...

    def open(self, screen: Screen[None]) -> None:
        """Put a screen in front."""
        ...

    def leave(self) -> None:
        """Take the screen in front away."""
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
