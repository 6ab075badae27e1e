"""What the room does at a word: obeys a command, copies what is chosen, goes to another server. Failures are told."""

import logging
import os
import shutil
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from arqlight_core.errors import ArqlightError
from arqlight_screens import clipboard
from arqlight_screens.choosing import Choice, Choosing
from arqlight_screens.copies import Copied
from arqlight_screens.room import Room
from arqlight_screens.room_commands import carry_out

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen

log = logging.getLogger(__name__)


class Errands:
    """Runs them beside the keys, for they may take their time."""

    def __init__(self, app: App[Any], clipboard_setting: str) -> None:
        self._app, self._clipboard = app, clipboard_setting

    @property
    def _room(self) -> Room:
        return cast("Room", self._app)

    def obey(self, screen: "RoomScreen", text: str) -> None:
        """Do what was typed on this screen."""
        self._room.kept.command(text)
        self.run(carry_out(screen, text))

    def copy(self, found: Sequence[Copied]) -> None:
        """Let be chosen which of these is copied, and say which way it went."""
        self.run(self._copied(found))

    async def _copied(self, found: Sequence[Copied]) -> None:
        choices = [Choice(one.label, one.text) for one in found]
        place = await self._room.answer(Choosing("Copy", choices))
        if place is None:
            return
        tried = clipboard.ways(os.environ, shutil.which, self._clipboard)
        way = await clipboard.copy(found[place].text, tried, self._app.copy_to_clipboard)
        self._room.tell(f"Copied the {found[place].label} to {way}.")

    async def go_to_server(self, name: str) -> None:
        """Look at another server; without a name, let it be chosen. Raises UsageError for an unknown one."""
        servers = self._room.servers
        known = servers.known()
        if not name and not known:
            self._room.tell("No other server has a name: `arqlight paths` tells where they are written down.")
            return
        if not name:
            choices = [Choice(one.name, _told(one == servers.here, one.address, one.production)) for one in known]
            place = await self._room.answer(Choosing("Go to", choices))
            name = "" if place is None else known[place].name
        if name:
            await self._room.look_at(servers.go_to(name))

    def run(self, errand: Coroutine[Any, Any, None]) -> None:
        """Do it beside the keys."""
        self._app.run_worker(self._shielded(errand), group="errands")

    async def _shielded(self, errand: Coroutine[Any, Any, None]) -> None:
        try:
            await errand
        except ArqlightError as problem:
            self._room.tell(str(problem), failed=True)
        except Exception as problem:  # what was asked for cannot be had, and that must not end the room
            log.exception("a command failed")
            self._room.tell(f"That failed ({type(problem).__name__}: {problem}).", failed=True)


def _told(here: bool, address: str, production: bool) -> str:  # noqa: FBT001 - facts of one row
    return "".join([address, ", production" if production else "", "  (here)" if here else ""])
