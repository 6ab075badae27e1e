"""The command palette: what the keys of this screen do, and every queue by name."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from arqlight_screens.keymap import ANYWHERE, UNAVAILABLE, marked
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.room import Room
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.text import clip

_LONGEST = 60


class Commands(Provider):
    """Names of commands as plain text: a queue's name may look like markup."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for name, run in self._commands():
            yield DiscoveryHit(_styled(name), run, name)

    async def search(self, query: str) -> Hits:
        """What resembles the query."""
        matcher = self.matcher(query)
        for name, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _styled(name), run, name)

    def _commands(self) -> Iterator[tuple[str, Callable[[], object]]]:
        screen = self.screen
        if isinstance(screen, RoomScreen):
            for key in (*marked(screen.KEYS, screen.room.fleet.denied), *screen.LEAVING, *ANYWHERE):
                told = f", {UNAVAILABLE}" if key.denied else ""
                yield f"{key.label} ({key.shown[0]}{told})", partial(screen.room.press, key)
        sight = cast("Room", self.app).sight
        for queue in sight.view.queues if sight.view else ():
            opened = partial(self.app.push_screen, QueueJobs(queue.name, first_tab(queue)))
            yield f"queue {clip(queue.name, _LONGEST)}", opened


def _styled(name: str) -> Text:
    return Text(name, "dim" if name.endswith(f"{UNAVAILABLE})") else "")
