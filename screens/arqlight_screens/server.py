"""The server: memory, clients, persistence, traffic, how quick it is, and what it was slow at."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.jobs import State
from arqlight_core.observe import ServerView, server
from arqlight_core.observe.doctor import of_server
from arqlight_screens.findings import first_wrong
from arqlight_screens.keymap import LEAVING, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.operating import Operating
from arqlight_screens.server_story import Trend, story
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane


class Server(Operating):
    """One page; two questions each two seconds, while somebody looks at it."""

    FETCH_EVERY = 2.0
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._pane = TextPane(id="server")
        self._view: ServerView | None = None
        self._trend = Trend()
        self._refused: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """One pane."""
        return (self._pane,)

    async def fetch(self) -> None:
        """Ask the server how it is."""
        self._view = await self._told()
        self._trend.add(self._view)
        self.note(())
        self.see(self.room.sight)

    async def _told(self) -> ServerView:
        """What the login may not ask is asked once, and said from then on."""
        view = await self.room.fleet.observe(server, slow=not self._refused)
        if self._refused:
            return replace(view, **self._refused)
        told = {"slow_problem": view.slow_problem, "spikes_problem": view.spikes_problem}
        self._refused = told if any(told.values()) else {}
        return view

    def see(self, sight: Sight) -> None:
        """Draw what was told last, as wide as there is room for."""
        super().see(sight)
        if self._view is None:
            self._pane.show(((), self.reading()))
        else:
            self._pane.show(story(self._view, self._trend, _jobs(sight), self._pane.room_for_text))

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        return (Part(" / ", "dim"), Part("server", "strong"))

    def trouble(self, sight: Sight) -> Line:
        """The gravest of what is wrong with it, and what to do about it."""
        del sight
        if self._view is None:
            return ()
        return first_wrong(of_server(self._view)) or (Part(" ✓ nothing is wrong with the server", "ok"),)


def _jobs(sight: Sight) -> dict[State, int]:
    queues = sight.view.queues if sight.view else ()
    return {state: sum(queue.counts[state] for queue in queues) for state in State}
