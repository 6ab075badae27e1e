"""What is told of each bulk operation in a table, and its progress bar, which its own page draws too."""

from arqlight_core.observe import BulkView
from arqlight_screens.columns import Column
from arqlight_screens.figures import age, bar, duration, rate
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone

STATES: dict[str, tuple[str, Tone]] = {
    "queued": ("○", "plain"),
    "running": ("●", "busy"),
    "paused": ("■", "warn"),
    "done": ("✓", "ok"),
    "failed": ("✗", "bad"),
    "aborted": ("⊘", "warn"),
}
_BAR = 8


def share_of(view: BulkView) -> float:
    """How much of what was meant it has come to, 0 to 1; one that is done has come to all."""
    if view.state == "done" or not view.total:
        return 1.0
    return min(1.0, view.seen / view.total)


def _progress(view: BulkView, _now: int) -> Line:
    done, rest = bar(share_of(view), _BAR)
    tone = STATES.get(view.state, ("", "plain"))[1]
    return (Part(done, tone), Part(rest, "dim"), Part(f" {share_of(view):>4.0%}"))


def _state(view: BulkView, _now: int) -> Part:
    glyph, tone = STATES.get(view.state, ("?", "plain"))
    return Part(f"{glyph} {view.state}", tone)


def _to_go(view: BulkView, _now: int) -> Part:
    return Part(duration(view.eta_ms) if view.eta_ms is not None else "-", "plain" if view.eta_ms else "dim")


def _left(view: BulkView, _now: int) -> Part:
    return Part(f"{view.left_alone:,}" if view.left_alone else "-", "warn" if view.left_alone else "dim")


def _asked(view: BulkView, now_ms: int) -> Part:
    return Part(age(now_ms - view.asked_ms), "dim")


COLUMNS = (
    Column[BulkView]("state", 9, _state, 1, order=lambda one: one.state),
    Column[BulkView]("operation", 10, lambda one, _: Part(one.operation, "strong"), 1, 14, order=lambda o: o.operation),
    Column[BulkView]("which", 24, lambda one, _: Part(one.selection), 1, 100, order=lambda one: one.selection),
    Column[BulkView]("progress", _BAR + 5, _progress, 1, order=share_of),
    Column[BulkView]("jobs", 9, lambda one, _: Part(f"{one.total:,}"), 3, 11, right=True, order=lambda one: one.total),
    Column[BulkView]("per s", 5, lambda one, _: Part(rate(one.rate), "dim"), 5, right=True, order=lambda one: one.rate),
    Column[BulkView]("to go", 5, _to_go, 2, right=True, order=lambda one: one.eta_ms),
    Column[BulkView]("left", 5, _left, 3, 9, right=True, order=lambda one: one.left_alone),
    Column[BulkView](
        "asked", 5, _asked, 2, 11, right=True, order=lambda one: one.asked_ms, at=lambda one: one.asked_ms
    ),
    Column[BulkView]("by", 8, lambda one, _: Part(one.by), 2, 16, order=lambda one: one.by),
    Column[BulkView]("why", 10, lambda one, _: Part(one.reason, "dim"), 6, 60, order=lambda one: one.reason),
    Column[BulkView]("id", 8, lambda one, _: Part(one.id, "dim"), 6, order=lambda one: one.id),
)
