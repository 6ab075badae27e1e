"""The first frame: shown before anything that takes time is imported or asked for."""

from textual.app import ComposeResult
from textual.screen import Screen

from arqlight_screens.keymap import Key
from arqlight_screens.lines import Part
from arqlight_screens.widgets.status_line import HintsLine, StatusLine


class Opening(Screen[None]):
    """A header and the way out; the overview takes its place in a moment."""

    def compose(self) -> ComposeResult:
        """The first and the last line, which says how to leave."""
        header, hints = StatusLine(id="header"), HintsLine(id="hints")
        header.show((Part(" arqlight ", "strong"), Part(" opening the control room …", "dim")))
        hints.show_keys((), (Key("ctrl+q", "app.quit", "quit", ""),))
        yield header
        yield hints
