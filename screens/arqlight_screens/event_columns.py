"""The columns of the events: when, where, what, and the rest of what is told in one line."""

from arqlight_core.observe import Event
from arqlight_screens.columns import Column
from arqlight_screens.drawn import Drawn, no_cell
from arqlight_screens.figures import short_moment
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Line, Part
from arqlight_screens.text import visible
from arqlight_screens.tones import Tone

_WIDE = 400
_LONGEST_MOMENT = 14
"""Digits of a moment (ms) that calendars have a date for."""

GLYPHS: dict[str, tuple[str, Tone]] = {
    "acknowledge": ("✓", "ok"),
    "alert": ("▲", "warn"),
    "await": ("‖", "dim"),
    "breaker": ("⊗", "warn"),
    "bulk": ("≡", "busy"),
    "cancelled": ("⊘", "dim"),
    "continue": ("▸", "dim"),
    "dead": ("✗", "bad"),
    "defer": ("◷", "dim"),
    "empty_trash": ("▽", "warn"),
    "lapse": ("!", "bad"),
    "lift_hold": ("▸", "ok"),
    "lift_silence": ("▸", "ok"),
    "missed": ("!", "bad"),
    "override": ("≠", "warn"),
    "pause": ("■", "warn"),
    "pause_schedule": ("■", "warn"),
    "refused": ("!", "bad"),
    "release": ("◂", "dim"),
    "request": ("◈", "busy"),
    "restore": ("=", "ok"),
    "resume": ("▸", "ok"),
    "resume_schedule": ("▸", "ok"),
    "retry": ("↻", "warn"),
    "run_schedule": ("◷", "busy"),
    "set_hold": ("‖", "warn"),
    "silence": ("∅", "warn"),
    "token": ("◈", "warn"),
}
"""Each kind of event has a glyph, so that none needs its colour."""

UNKNOWN: tuple[str, Tone] = ("·", "plain")
"""For a kind that a newer version tells."""

_TURNS: dict[str, tuple[str, Tone]] = {
    "closed": ("✓", "ok"),
    "forced closed": ("✓", "ok"),
    "open": ("⊗", "bad"),
    "forced open": ("⊗", "bad"),
    "half-open": ("◐", "warn"),
}
"""What a breaker has turned to."""

_PLAIN = ("error", "what", "why", "because", "reason")
"""What needs no name before it, in this order."""


def mark(event: Event) -> tuple[str, Tone]:
    """The glyph and the tone of an event; of a breaker, of what it has turned to."""
    usual = GLYPHS.get(event.kind, UNKNOWN)
    return _TURNS.get(event.told.get("to", ""), usual) if event.kind == "breaker" else usual


def told(event: Event) -> str:
    """What is told beside the job and the queue: a turn first, then what needs no name, then the rest by name."""
    known = ("", "0", event.job, event.queue)
    fields = {name: _spoken(name, text, event.at_ms) for name, text in event.told.items() if text not in known}
    turn = [f"{fields.pop('from')} → {fields.pop('to')}"] if {"from", "to"} <= fields.keys() else []
    plain = [fields.pop(name) for name in _PLAIN if name in fields]
    return "  ".join([*turn, *plain, *(f"{name} {text}" for name, text in fields.items())])


def _spoken(name: str, text: str, now_ms: int) -> str:
    if name != "until" or not text.isdecimal() or len(text) > _LONGEST_MOMENT:
        return text
    return short_moment(int(text), now_ms)


def _kind(event: Event, _now: int, _width: int) -> Line:
    glyph, tone = mark(event)
    return Part(f"{glyph} ", tone), Part(event.kind.replace("_", " "), tone)


def _job(event: Event, _now: int, width: int) -> Line:
    """The end of a long id tells more than its begin: that is the same for many."""
    name = visible(own_id(event.job, event.queue))
    return (Part(name if len(name) <= width else f"…{name[len(name) - width + 1 :]}", "strong"),)


EVENTS: tuple[Column[Event], ...] = (
    Column("time", 11, lambda event, now: Part(short_moment(event.at_ms, now), "dim"), 1),
    Drawn("event", 11, no_cell, 1, 17, picture=_kind),
    Column("queue", 14, lambda event, _: Part(event.queue or "all"), 1, 30, ends=True),
    Drawn("job", 12, no_cell, 2, 34, picture=_job),
    Column("told", 24, lambda event, _: Part(told(event)), 1, _WIDE),
)
