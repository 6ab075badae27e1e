"""A line of toned text, and how a widget turns it into a strip: the one way anything here is drawn."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple, get_args

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from arqlight_screens.text import visible
from arqlight_screens.tones import Tone


class Part(NamedTuple):
    """A piece of text and what it means."""

    text: str
    tone: Tone = "plain"


Line = tuple[Part, ...]


def width_of(line: Iterable[Part]) -> int:
    """How many cells the line takes."""
    return sum(cell_len(visible(part.text)) for part in line)


def place_at(line: Iterable[Part], x: int) -> int | None:
    """Which of the line's parts stands in this cell; None behind its end."""
    right = 0
    for place, part in enumerate(line):
        right += cell_len(visible(part.text))
        if x < right:
            return place
    return None


class Toned(Widget):
    """A widget that draws lines. Themes style the tones through component classes, see `control_room.tcss`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cursor", *(f"tone--{tone}" for tone in get_args(Tone))}

    @property
    def room_for_text(self) -> int:
        """Cells of a line: the widget's width without its scrollbar."""
        return self.scrollable_content_region.width

    def strip(self, line: Sequence[Part], *, cursor: bool = False) -> Strip:
        """The line across the whole widget."""
        ground = self.toned("plain", cursor=cursor)
        segments = [Segment(visible(part.text), self.toned(part.tone, cursor=cursor)) for part in line]
        return Strip(segments).adjust_cell_length(self.room_for_text, ground)

    def toned(self, tone: Tone, *, cursor: bool) -> Style:
        """The style of a tone, on the ground of the cursor or of the widget."""
        style = self.get_component_rich_style(f"tone--{tone}")
        return style + Style(bgcolor=self.get_component_rich_style("line--cursor").bgcolor) if cursor else style
