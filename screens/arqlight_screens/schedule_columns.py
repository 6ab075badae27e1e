"""The schedules' columns: one schedule a row."""

from arqlight_core.jobs import State
from arqlight_core.observe import ScheduleView
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, count, short_moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import STATES, TICKING, UNKNOWN, Tone

_PAST = "overdue"


def _name(view: ScheduleView, _now: int) -> Part:
    return Part(view.name, "strong")


def _condition(view: ScheduleView, _now: int) -> Part:
    glyph, tone = TICKING.get(view.condition, UNKNOWN)
    by = f" {view.paused.by}" if view.paused else ""
    return Part(f"{glyph} {view.condition}{by}", tone)


def _next_in(view: ScheduleView, now: int) -> Part:
    if not view.next_ms:
        return Part(NOTHING, "dim")
    if view.next_ms < now - 1000:
        return Part(_PAST, "bad")
    return Part(age(view.next_ms - now), "dim" if view.paused else "plain")


def _next_at(view: ScheduleView, now: int) -> Part:
    return Part(short_moment(view.next_ms, now) if view.next_ms else NOTHING, "dim")


def _last(view: ScheduleView, now: int) -> Line:
    """How the last run ended, and how long ago it was queued."""
    if not view.run_ms:
        return (Part("never", "dim"),)
    glyph, tone = STATES[view.last_state] if view.last_state else ("·", "dim")
    return (Part(f"{glyph} ", tone), Part(f"{age(now - view.run_ms)} ago"))


def _outcome(view: ScheduleView, _now: int) -> Part:
    if view.last_state is None:
        return Part("not kept" if view.last_job else "", "dim")
    return Part(view.last_state.value, STATES[view.last_state][1])


def _missed(view: ScheduleView, _now: int) -> Part:
    tone: Tone = "warn" if view.missed else "dim"
    return Part(count(view.missed), tone)


def _catch_up(view: ScheduleView, _now: int) -> Part:
    return Part(view.catch_up, "dim")


def _why(view: ScheduleView, now: int) -> Part:
    if view.paused is None:
        return Part("")
    reason = f": {view.paused.reason}" if view.paused.reason else ""
    return Part(f"by {view.paused.by} {age(now - view.paused.at_ms)} ago{reason}", "warn")


def _after_state(view: ScheduleView) -> str:
    return view.last_state.value if isinstance(view.last_state, State) else ""


COLUMNS = (
    Column[ScheduleView]("schedule", 17, _name, 1, 36, order=lambda one: one.name, ends=True),
    Column[ScheduleView]("state", 13, _condition, 1, 20, order=lambda one: one.condition),
    Column[ScheduleView](
        "next in", 7, _next_in, 1, right=True, order=lambda one: -one.next_ms or None, at=lambda one: one.next_ms
    ),
    Column[ScheduleView]("at", 11, _next_at, 3),
    Column[ScheduleView](
        "last run", 10, _last, 1, order=lambda one: one.run_ms or None, at=lambda one: one.run_ms or None
    ),
    Column[ScheduleView]("ended", 9, _outcome, 6, order=_after_state),
    Column[ScheduleView]("missed", 6, _missed, 2, right=True, order=lambda one: one.missed),
    Column[ScheduleView]("when", 18, lambda one, _: Part(one.spoken), 1, 60),
    Column[ScheduleView]("cron", 12, lambda one, _: Part(one.cron, "dim"), 4, 20),
    Column[ScheduleView]("zone", 8, lambda one, _: Part(one.timezone or "the fleet's", "dim"), 5, 20),
    Column[ScheduleView]("makes up", 8, _catch_up, 6),
    Column[ScheduleView]("runs", 5, lambda one, _: Part(count(one.runs), "dim"), 7, right=True),
    Column[ScheduleView]("paused", 14, _why, 8, 50),
    Column[ScheduleView](
        "queue", 14, lambda one, _: Part(one.queue, "dim"), 7, 30, order=lambda one: one.queue, ends=True
    ),
)
