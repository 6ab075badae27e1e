"""The command palette: what the keys of this screen do, every command, and every queue by name."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from arqlight_screens.keymap import ANYWHERE, UNAVAILABLE, marked
from arqlight_screens.room_commands import COMMANDS, RoomCommand, queue_names
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.text import clip

_LONGEST = 60


class Offered(NamedTuple):
    """A name, what it does, and how."""

    name: str
    help: str
    run: Callable[[], object]
    denied: bool = False


class Commands(Provider):
    """Names of commands as plain text: a queue's name may look like markup."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for one in self._offered():
            yield DiscoveryHit(_styled(one), one.run, one.name, one.help)

    async def search(self, query: str) -> Hits:
        """What resembles the query."""
        matcher = self.matcher(query)
        for one in self._offered():
            score = matcher.match(one.name)
            if score > 0:
                yield Hit(score, _styled(one), one.run, one.name, one.help)

    def _offered(self) -> Iterator[Offered]:
        screen = self.screen
        if not isinstance(screen, RoomScreen):
            return
        for key in (*marked(screen.KEYS, screen.room.fleet.denied), *screen.LEAVING, *ANYWHERE):
            told = f", {UNAVAILABLE}" if key.denied else ""
            pressed = partial(screen.room.press, key)
            yield Offered(f"{key.label} ({key.shown[0]}{told})", key.help.splitlines()[0], pressed, key.denied)
        for command in COMMANDS:
            yield from _of_command(screen, command)
        for name in queue_names(screen):
            shown = clip(name, _LONGEST)
            yield Offered(f"queue {shown}", "its jobs", partial(screen.room.errands.obey, screen, f"queue {name}"))


def _of_command(screen: RoomScreen, command: RoomCommand) -> Iterator[Offered]:
    """The command by itself; where it must be told something, one for each that it may be told."""
    said = [""] if command.alone else [f" {choice}" for choice in command.choices(screen) if command.name != "queue"]
    for words in said:
        text = f"{command.name}{words}"
        yield Offered(f":{text}", command.help, partial(screen.room.errands.obey, screen, text))


def _styled(one: Offered) -> Text:
    return Text(one.name, "dim" if one.denied else "")
