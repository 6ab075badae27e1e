"""The sections of a view in one line, one of them chosen; each may tell how much there is in it."""

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from arqlight_screens.lines import Line, Part, Toned, place_at


class SectionTabs(Toned):
    """One line: every section by its name."""

    class Chosen(Message):
        """A click on a section."""

        def __init__(self, section: str) -> None:
            super().__init__()
            self.section = section

    def __init__(self, sections: Sequence[str], *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._sections = sections
        self._shown: tuple[str, dict[str, str]] = (sections[0], {})

    def show(self, chosen: str, told: Mapping[str, str]) -> None:
        """Show which section is chosen, and what is told beside the names."""
        if (chosen, told) != self._shown:
            self._shown = (chosen, dict(told))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click chooses the section."""
        place = place_at(self._line(), event.x)
        if place is not None:
            self.post_message(self.Chosen(self._sections[place]))

    def render_line(self, y: int) -> Strip:
        """The line, in whatever width there is."""
        del y
        return self.strip(self._line())

    def _line(self) -> Line:
        return tuple(self._part(section) for section in self._sections)

    def _part(self, section: str) -> Part:
        chosen, told = self._shown
        name = f"{section} {told[section]}" if told.get(section) else section
        return Part(f"[{name}]", "chosen") if section == chosen else Part(f" {name} ")
