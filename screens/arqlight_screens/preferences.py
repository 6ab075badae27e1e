"""What the person at the keyboard chose for the whole room: colours, how times are told, how often is looked."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from textual.app import App

from arqlight_core.errors import UsageError
from arqlight_screens.kept import Kept
from arqlight_screens.themes import NAMES, THEMES, fitting_theme

OFTENEST, SELDOMEST = 0.25, 60.0
"""Seconds between two looks at the fleet, at least and at most."""


class Preferences:
    """Takes effect at once; theme and times are remembered from one run to the next."""

    def __init__(self, app: App[Any], kept: Kept, pace: Callable[[float], None]) -> None:
        self._app, self._kept, self._pace = app, kept, pace
        for theme in THEMES:
            app.register_theme(theme)
        remembered = kept.memory.theme
        app.theme = (
            remembered
            if remembered in app.available_themes
            else fitting_theme(app.console.color_system, no_color=app.no_color)
        )

    @property
    def absolute(self) -> bool:
        """Whether times are told as moments, not as ages."""
        return self._kept.memory.absolute

    @property
    def theme_names(self) -> Sequence[str]:
        """The room's own, by their short names, then Textual's."""
        return [*NAMES, *sorted(name for name in self._app.available_themes if name not in NAMES.values())]

    def choose_theme(self, said: str) -> None:
        """Other colours, by a theme's name or its beginning. Raises UsageError when no single one is meant."""
        names = self.theme_names
        found = [said] if said in names else [name for name in names if said and name.startswith(said)]
        if len(found) != 1:
            raise UsageError(f"{_no_theme(said, names)} Themes are {', '.join(NAMES)} and Textual's own.")
        self._app.theme = self._kept.memory.theme = NAMES.get(found[0], found[0])

    def tell_times(self, said: str) -> None:
        """As moments, or as ages. Raises UsageError for any other word."""
        found = [word for word in ("absolute", "relative") if said and word.startswith(said)]
        if len(found) != 1:
            raise UsageError("Times are told `relative` (how long ago) or `absolute` (the moment).")
        self._kept.memory.absolute = found == ["absolute"]

    def look_every(self, said: str) -> None:
        """Look at the fleet at another pace. Raises UsageError for what is no fitting number of seconds."""
        try:
            seconds = float(said.removesuffix("s"))
        except ValueError:
            seconds = 0.0
        if not OFTENEST <= seconds <= SELDOMEST:
            raise UsageError(f"{said or 'Nothing'} is no pace: say a number of seconds from {OFTENEST} to 60.")
        self._pace(seconds)


def _no_theme(said: str, names: Sequence[str]) -> str:
    if not said:
        return "Say which theme."
    near = get_close_matches(said, names, n=1)
    return f"There is no theme {said}; did you mean {near[0]}?" if near else f"There is no theme {said}."
