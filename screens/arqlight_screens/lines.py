"""A line of toned text, and how a widget turns it into a strip: the one way anything here is drawn."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from arqlight_screens.text import cells, visible
from arqlight_screens.tones import Tone

if TYPE_CHECKING:
    from textual.app import App


class Part(NamedTuple):
    """A piece of text and what it means."""

    text: str
    tone: Tone = "plain"


Line = tuple[Part, ...]


def width_of(line: Iterable[Part]) -> int:
    """How many cells the line takes."""
    return sum(cells(visible(part.text)) for part in line)


def place_at(line: Iterable[Part], x: int) -> int | None:
    """Which of the line's parts stands in this cell; None behind its end."""
    right = 0
    for place, part in enumerate(line):
        right += cells(visible(part.text))
        if x < right:
            return place
    return None


_GROUNDED = {"head", "badge", "chosen"}
"""Tones with a background of their own: blanks in them are seen."""


def joined(line: Iterable[Part]) -> list[Part]:
    """The visible line with neighbours of one tone in one part, for each costs time and bytes; blanks join any."""
    parts = list[Part]()
    for part in line:
        text, tone = part
        before = parts[-1].tone if parts else None
        if before is not None and (tone == before or (text.isspace() and not {tone, before} & _GROUNDED)):
            parts[-1] = Part(parts[-1].text + text, before)
        else:
            parts.append(part)
    return [Part(visible(text), tone) for text, tone in parts]


TONE_CLASSES = {"line--cursor", *(f"tone--{tone}" for tone in get_args(Tone))}
"""Component classes that the app has for all its widgets: one set of style nodes in place of one for each widget."""


class Toned(Widget):
    """A widget that draws lines. Themes style the tones through the app's component classes, see `lines.tcss`."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        self._tones: dict[tuple[Tone, bool], Style] = {}
        super().__init__(id=id)

    def on_unmount(self) -> None:
        """Leave nothing drawn behind: Textual keeps the caches of a thousand widgets, also of those that are gone."""
        forget_drawn(self)

    def forget_strips(self) -> None:
        """Keep no lines as they were drawn, where that is done."""

    @property
    def room_for_text(self) -> int:
        """Cells of a line: the widget's width without its scrollbar."""
        return self.scrollable_content_region.width

    def strip(self, line: Sequence[Part], *, cursor: bool = False) -> Strip:
        """The line across the whole widget."""
        parts = joined(line)
        segments = [Segment(text, self.toned(tone, cursor=cursor)) for text, tone in parts]
        taken, room = sum(cells(text) for text, _ in parts), self.room_for_text
        if taken < room:
            segments.append(Segment(" " * (room - taken), self.toned("plain", cursor=cursor)))
        return Strip(segments, max(taken, room)).adjust_cell_length(room)

    def toned(self, tone: Tone, *, cursor: bool) -> Style:
        """The style of a tone, on the ground of the cursor or of the widget."""
        known = self._tones.get((tone, cursor))
        if known is None:
            style = self._tone_of(f"tone--{tone}")
            ground = Style(bgcolor=self._tone_of("line--cursor").bgcolor) if cursor else Style()
            known = self._tones[tone, cursor] = style + ground
        return known

    def notify_style_update(self) -> None:
        """Another theme, or another ground: every tone looks otherwise."""
        super().notify_style_update()
        self.forget_strips()
        self._tones.clear()
        self.refresh()

    def _tone_of(self, component: str) -> Style:
        app = cast("App[Any]", self.app)  # pyright: ignore[reportUnknownMemberType] - an app of whatever result
        told, (_, ground) = app.get_component_styles(component), self.background_colors
        if told.has_rule("background"):
            ground += told.background
        return told.text_style + Style.from_color((ground + told.color).rich_color, ground.rich_color)


def forget_drawn(widget: Widget) -> None:
    """Keep nothing of what a widget has drawn: else only a repaint lets go of it."""
    widget._styles_cache.clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - shown nowhere
    if isinstance(widget, Toned):
        widget.forget_strips()
