"""Periods that are over: hours of the clock, and days of the fleet's calendar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from arqlight_core.policy import HOUR

Granularity = Literal["hour", "day"]

RECOMPUTED = 2
"""How many of the last closed periods are summed up each time, for what was written down late."""


class Period(NamedTuple):
    """From its first moment to the first behind it, in UTC."""

    start: datetime
    end: datetime


def closed(granularity: Granularity, now: datetime, zone: ZoneInfo) -> list[Period]:
    """The last periods that are over, the oldest first. A day has the hours that its zone gives it."""
    starts = _hours(now) if granularity == "hour" else _days(now, zone)
    return [Period(*pair) for pair in pairwise(starts)]


def _hours(now: datetime) -> list[datetime]:
    open_since = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [open_since - ago * HOUR for ago in range(RECOMPUTED, -1, -1)]


def _days(now: datetime, zone: ZoneInfo) -> list[datetime]:
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=ago) for ago in range(RECOMPUTED, -1, -1))
    return [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]
