"""When somebody is not to be disturbed, by the clock on their own wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from arqlight_core.policy import DAY, SECOND


def quiet_until(at: datetime, begins: str, ends: str, zone: str) -> datetime | None:
    """The end of the quiet hours that this moment lies in; None when it lies in none.

    `begins` and `ends` are HH:MM and may have midnight between them; alike, empty or unreadable, there are none.
    """
    hours = _time(begins), _time(ends)
    if hours[0] is None or hours[1] is None or hours[0] == hours[1]:
        return None
    first, last = hours[0], hours[1]
    local = at.astimezone(zone_of(zone))
    clock = local.time()
    within = first <= clock < last if first < last else clock >= first or clock < last
    return max(_next(local, last), at + SECOND) if within else None


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # an empty name, a folder's, or one that leads elsewhere
        return ZoneInfo("UTC")


def _next(local: datetime, clock: time) -> datetime:
    """When the wall shows this time next. Where an hour comes twice, in the one that it is."""
    days = DAY if local.time() >= clock else timedelta(0)
    moment = datetime.combine(local.date() + days, clock, tzinfo=local.tzinfo)
    return moment.replace(fold=local.fold).astimezone(UTC)


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
