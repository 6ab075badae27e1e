"""Days and moments as people write them, seen from their own zone. Pure: what the time is now is told.

A day: `2026-03-29`, `29.03.2026`, `today`, `tomorrow`, `friday` (the next one), `+3d`. A moment: a day, a time of day
such as `17:30`, both, or a span from now such as `+2h`; a day alone means its morning.
"""

import re
from calendar import day_name
from datetime import UTC, date, datetime, time, timedelta

from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_jobs.flrts.reckoning import MORNING, instant, zone_of

_SPAN = re.compile(r"(?:in |\+)?(\d{1,3}) ?(m|h|d)", re.ASCII)
_WITH_CLOCK = re.compile(r"(.*?)(?:[ t]|^)(\d\d?:\d\d)", re.ASCII)
_POINTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
_NAMES = {"today": 0, "tomorrow": 1}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(day_name)}
_UNITS = {"m": MINUTE, "h": HOUR}


def day_of(text: str, zone: str, at: datetime) -> date:
    """The day that is meant. Raises UsageError, also for one that is past."""
    today = at.astimezone(zone_of(zone)).date()
    found = _day(text.strip().lower(), today)
    if found is None:
        raise UsageError(f"{text[:40]!r} is no day; write 2026-03-29, tomorrow, friday or +3d.")
    if found < today:
        raise UsageError(f"{found} is past; write a day from {today} on.")
    return found


def moment_of(text: str, zone: str, at: datetime) -> datetime:
    """The moment that is meant, in UTC and to the minute. Raises UsageError, also for one that is past."""
    try:
        found = _elapsed(text.strip().lower(), at) or _on_the_wall(text.strip().lower(), zone, at)
    except OverflowError:
        found = None
    if found is None:
        raise UsageError(f"{text[:40]!r} is no moment; write 2026-03-29 17:30, tomorrow 9:00, 17:30 or +2h.")
    if found <= at:
        raise UsageError(f"{found.astimezone(zone_of(zone)):%Y-%m-%d %H:%M} is past; write a moment that is to come.")
    return found


def _elapsed(text: str, at: datetime) -> datetime | None:
    told = _SPAN.fullmatch(text)
    if told is None or told[2] not in _UNITS:
        return None
    return (at + int(told[1]) * _UNITS[told[2]]).astimezone(UTC).replace(microsecond=0)


def _on_the_wall(text: str, zone: str, at: datetime) -> datetime | None:
    told, known = _WITH_CLOCK.fullmatch(text), zone_of(zone)
    today = at.astimezone(known).date()
    named, shown = (told[1].strip(), told[2]) if told else (text, "")
    day = _day(named, today) if named or not told else today
    clock = _clock(shown) if shown else MORNING
    if day is None or clock is None:
        return None
    found = instant(day, clock, known)
    return found if named or found > at else instant(today + DAY, clock, known)  # 8:00 said at noon is tomorrow's


def _day(text: str, today: date) -> date | None:
    span = _SPAN.fullmatch(text)
    try:
        if span and span[2] == "d":
            return today + int(span[1]) * DAY
        if text in _NAMES:
            return today + _NAMES[text] * DAY
        if text in _WEEKDAYS:
            return today + timedelta(days=(_WEEKDAYS[text] - today.weekday() - 1) % 7 + 1)
        pointed = _POINTED.fullmatch(text)
        return date(*map(int, reversed(pointed.groups()))) if pointed else date.fromisoformat(text)
    except (ValueError, OverflowError):
        return None


def _clock(text: str) -> time | None:
    hours, _, minutes = text.partition(":")
    return time(int(hours), int(minutes)) if int(hours) < 24 and int(minutes) < 60 else None  # noqa: PLR2004 - a clock
