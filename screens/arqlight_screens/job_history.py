"""What happened to a job, as lines: its transitions, and what operators asked for."""

from collections.abc import Iterator

from arqlight_core.observe import Happening, History
from arqlight_screens.figures import SECOND, age, moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone

_LOOKS: dict[str, tuple[str, Tone]] = {
    "queued": ("○", "plain"),
    "began": ("●", "busy"),
    "failed": ("✗", "bad"),
    "retry": ("↻", "warn"),
    "dead": ("✗", "bad"),
    "lapse": ("!", "bad"),
    "refused": ("!", "bad"),
    "defer": ("◷", "dim"),
    "completed": ("✓", "ok"),
    "cancelled": ("⊘", "dim"),
}
_OPERATED: tuple[str, Tone] = ("◆", "strong")
_OTHER: tuple[str, Tone] = ("·", "plain")


def history_lines(told: History) -> Iterator[Line]:
    """The oldest first, each with how long it was after the one before."""
    if told.events_since_ms:
        since = moment(told.events_since_ms, told.at_ms)
        before = f"the queue keeps its events since {since}: of what was before, this is what is known"
        yield (Part("   "), Part(before, "dim"))
        yield ()
    before_ms = 0
    for one in told.happenings:
        yield _line(one, before_ms, told.at_ms)
        before_ms = one.at_ms


def _line(one: Happening, before_ms: int, now_ms: int) -> Line:
    glyph, tone = _OPERATED if one.operation else _LOOKS.get(one.kind, _OTHER)
    later = f"+{age(one.at_ms - before_ms)}" if before_ms and one.at_ms - before_ms >= SECOND else ""
    by = f"  by {one.by}" if one.by else ""
    reason = f": {one.reason}" if one.reason else ""
    perhaps = "perhaps, as one of many: " if not one.sure else ""
    said = f"{one.operation.replace('_', '-')}: {one.text}" if one.operation else one.text
    return (
        Part(f" {moment(one.at_ms, now_ms):<9}{later:>6} ", "dim"),
        Part(f"{glyph} ", tone),
        Part(f"{perhaps}{said}{by}{reason}", tone if one.sure else "dim"),
    )
