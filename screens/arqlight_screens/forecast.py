"""The next 24 hours of schedules: in which quarters of an hour each of them runs."""

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from arqlight_core.clock import from_ms
from arqlight_core.observe import ScheduleView
from arqlight_core.ticks import Timetable, problem_of
from arqlight_screens.figures import MINUTE, sparkline, time_of_day
from arqlight_screens.lines import Line, Part

QUARTER = 15 * MINUTE
QUARTERS = 96
"""Of a day."""
_LABEL = 16
WIDE_ENOUGH = _LABEL + QUARTERS + 2
"""Cells that a forecast takes."""


def begin_of(now_ms: int) -> int:
    """The beginning of the quarter of an hour that a moment is in."""
    return now_ms // QUARTER * QUARTER


@lru_cache(maxsize=1024)
def quarters(cron: str, timezone: str, begin_ms: int) -> tuple[bool, ...]:
    """Whether a cron expression ticks in each of the next quarters of an hour; never, when it cannot be read.

    However often it ticks, each quarter is asked about once: a day takes a few milliseconds.
    """
    found, place = [False] * QUARTERS, 0
    if problem_of(cron, ""):
        return tuple(found)
    timetable = Timetable(cron, zone_of(timezone))
    while place < QUARTERS:
        tick = next(timetable.after(begin_ms + place * QUARTER - 1), None)
        if tick is None or tick >= begin_ms + QUARTERS * QUARTER:
            break
        place = (tick - begin_ms) // QUARTER
        found[place] = True
        place += 1
    return tuple(found)


def zone_of(timezone: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none, or it is not known here."""
    try:
        return ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def forecast_of(view: ScheduleView) -> tuple[bool, ...]:
    """When it runs in the next day: never, while it is paused."""
    if view.paused:
        return (False,) * QUARTERS
    return quarters(view.cron, view.timezone, begin_of(view.at_ms))


def forecast(views: Sequence[ScheduleView], current: ScheduleView | None) -> Sequence[Line]:
    """Three lines: the hours, how many schedules run in each quarter, and when the one under the cursor does."""
    if not views:
        return ()
    begin = begin_of(views[0].at_ms)
    return (
        (Part(" next 24 hours".ljust(_LABEL), "dim"), Part(_hours(begin), "dim")),
        (Part(" all schedules".ljust(_LABEL), "dim"), Part(sparkline(_counts(views), QUARTERS), "busy")),
        (Part(" this one".ljust(_LABEL), "dim"), Part(_marks(current), "strong")),
    )


def _hours(begin_ms: int) -> str:
    """Every second hour of the local clock, over its first quarter."""
    cells = [" "] * QUARTERS
    for place in range(QUARTERS - 1):
        then = from_ms(begin_ms + place * QUARTER).astimezone()
        if not then.minute and not then.hour % 2:
            cells[place : place + 2] = f"{then:%H}"
    return "".join(cells)


def _counts(views: Sequence[ScheduleView]) -> list[int]:
    return [sum(column) for column in zip(*(forecast_of(view) for view in views), strict=True)]


def busiest(views: Sequence[ScheduleView]) -> str:
    """The quarter of an hour of the next day in which the most of them run."""
    counts = _counts(views)
    most = max(counts, default=0)
    if not most:
        return "none runs in the next 24 hours"
    at = time_of_day(begin_of(views[0].at_ms) + counts.index(most) * QUARTER).removesuffix(":00")
    return f"most at once: {most} at {at}"


def _marks(current: ScheduleView | None) -> str:
    if current is None:
        return ""
    if current.paused:
        return "paused"
    return "".join("▲" if runs else "·" for runs in forecast_of(current))
