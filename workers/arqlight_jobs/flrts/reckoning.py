"""When somebody is to be reminded, by the clock on their own wall. Pure: what the time is now is told.

Where a wall shows a time never, because clocks were put forward over it, the moment lies as much later; where it shows
it twice, the first counts. That is what `zoneinfo` makes of a time with fold 0 (PEP 495).
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from enum import Enum, auto
from zoneinfo import ZoneInfo

from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, HOUR, MINUTE

MORNING = time(9)
"""When a task's day begins, on its user's wall."""

OFFSETS = ("0d", "1d")
"""How long before that somebody is reminded: on the morning itself, and on the one before."""

BEARABLE = 6 * HOUR
"""How late a reminder is still of use."""

_OFFSET = re.compile(r"(\d{1,3})([dhm])", re.ASCII)
_ELAPSING = {"h": HOUR, "m": MINUTE}


class Timing(Enum):
    """Where a moment lies."""

    AHEAD = auto()
    LATE = auto()
    """Past, and a reminder is still of use."""
    MISSED = auto()


def due_instants(due: date, zone: str, offsets: Iterable[str] = OFFSETS) -> dict[str, datetime]:
    """Offset -> its moment (UTC) before the morning of the due date in that zone of IANA.

    `3d` are three days of the calendar, at the same time of day; `2h` and `30m` are time that elapses. A moment outside
    the calendar is left out. Raises UsageError for a zone or an offset that is none.
    """
    known = zone_of(zone)
    found = ((offset, _before(due, known, offset)) for offset in offsets)
    return {offset: moment for offset, moment in found if moment is not None}


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the wall shows that, in UTC. Raises OverflowError outside the calendar."""
    return datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=zone).astimezone(UTC)


def timing(moment: datetime, at: datetime) -> Timing:
    """Where the moment lies, seen from `at`."""
    if moment > at:
        return Timing.AHEAD
    return Timing.LATE if at - moment <= BEARABLE else Timing.MISSED


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Raises UsageError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, or the name of a folder, or one that leads elsewhere
        raise UsageError(f"There is no time zone {name!r}; write one of IANA's, such as Europe/Zurich.") from None


def _before(due: date, zone: ZoneInfo, offset: str) -> datetime | None:
    told = _OFFSET.fullmatch(offset)
    if told is None:
        raise UsageError(f"{offset!r} is no time before a task is due; write 1d, 2h or 30m.")
    count, unit = int(told[1]), told[2]
    try:
        if unit == "d":
            return instant(due - count * DAY, MORNING, zone)
        return instant(due, MORNING, zone) - count * _ELAPSING[unit]
    except OverflowError:
        return None
