"""Moments and spans of time as a sentence says them: `14:03:10, 12 s from now`, `3 min ago`."""

from datetime import datetime

from arqlight_core.clock import from_ms

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_STEPS = ((2 * _MINUTE, _SECOND, "s"), (2 * _HOUR, _MINUTE, "min"), (2 * _DAY, _HOUR, "h"))


def roughly(span_ms: float) -> str:
    """A span in the largest unit that says enough: `12 s`, `3 min`, `5 h`, `4 days`."""
    span = max(0.0, span_ms)
    for limit, size, unit in _STEPS:
        if span < limit:
            return f"{span / size:.0f} {unit}"
    return f"{span / _DAY:,.0f} days"


def ago(moment_ms: float, now_ms: float) -> str:
    """How long ago a moment was."""
    return f"{roughly(now_ms - moment_ms)} ago"


def clock(moment_ms: float, now_ms: float) -> str:
    """A moment in local time, with its date when that is not today's; `a moment beyond the calendar` where it is."""
    try:
        then, today = _local(moment_ms), _local(now_ms)
    except (OverflowError, ValueError, OSError):
        return "a moment beyond the calendar"
    return then.strftime("%H:%M:%S" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def until(moment_ms: float, now_ms: float) -> str:
    """A moment to come, and how far it is."""
    return f"{clock(moment_ms, now_ms)}, {roughly(moment_ms - now_ms)} from now"


def _local(moment_ms: float) -> datetime:
    return from_ms(moment_ms).astimezone()
