"""Where one is in the room: a view stands right upon the overview, and what is opened from it upon the view."""

from textual.app import App

from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.views import OVERVIEW, VIEWS

_BELOW_VIEWS = 2
"""Screens that always are: the opening one and the overview."""


class Navigation:
    """Keeps the screen of each view that was gone to, with its cursor and its filter."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._screens: dict[str, RoomScreen] = {}
        self._last = OVERVIEW

    def begin(self, view: str = "") -> None:
        """Show the overview, and upon it the view that was left last."""
        self._show(OVERVIEW)
        if view != OVERVIEW and any(one.name == view for one in VIEWS):
            self.go(view)

    async def start_over(self) -> None:
        """Forget every screen and show the view at hand anew: another fleet is looked at."""
        here, old = self.view, list(self._screens.values())
        self._screens.clear()
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()
        for screen in old:
            self._app.uninstall_screen(screen)  # pyright: ignore[reportUnknownMemberType] - Screen of whatever
            screen.remove()
        self._last = OVERVIEW
        self.begin(here)

    @property
    def view(self) -> str:
        """The view in front, or the one from which one has come here."""
        stack = self._app.screen_stack
        beside = stack[_BELOW_VIEWS] if len(stack) > _BELOW_VIEWS else None
        return next((name for name, screen in self._screens.items() if screen is beside), OVERVIEW)

    def go(self, view: str) -> None:
        """Go to a view, so that one step back leads to the overview; to the one beneath, by closing what is upon it."""
        here = self.view
        if view != here:
            self._last = here
        below = _BELOW_VIEWS + (view == here != OVERVIEW)
        with self._app.batch_update():
            while len(self._app.screen_stack) > below:
                self._app.pop_screen()
            if view not in (here, OVERVIEW):
                self._show(view)

    def go_back(self) -> None:
        """Go to the view before this one."""
        self.go(self._last)

    def _show(self, name: str) -> None:
        if name not in self._screens:
            self._screens[name] = screen = next(view for view in VIEWS if view.name == name).made()
            self._app.install_screen(screen, name)  # pyright: ignore[reportUnknownMemberType] - Screen of whatever
        self._app.push_screen(name)
