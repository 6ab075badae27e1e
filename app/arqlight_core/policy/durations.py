"""Spans of time by their names, as people write and read them, and as the store takes them."""

import re
from datetime import timedelta

from arqlight_core.errors import UsageError

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def milliseconds(wait: timedelta) -> int:
    """A wait as the store takes it, never negative."""
    return max(0, round(wait.total_seconds() * 1000))


def spoken(span: timedelta) -> str:
    """A span in the fewest words: `20 s`, `5 min`, `2 h`, `3 days`."""
    seconds = span.total_seconds()
    for unit, name in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            count = round(seconds / unit)
            return "1 day" if (name, count) == ("days", 1) else f"{count} {name}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + " s"


_PIECE = r"(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)"
_SPAN = re.compile(rf"(?:{_PIECE}\s*)+", re.IGNORECASE)
_UNITS = {"ms": SECOND / 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def span(text: str) -> timedelta:
    """A span as people write it: `30m`, `1h30m`, `90 s`, `2 days`; reads what `spoken` prints. Raises UsageError."""
    if not _SPAN.fullmatch(text.strip()):
        raise UsageError(f"{text!r} is no span of time; write one like 90s, 30m, 1h30m or 2d.")
    pieces = re.findall(_PIECE, text, re.IGNORECASE)
    try:
        return sum((float(number) * _unit(name) for number, name in pieces), timedelta())
    except OverflowError as problem:
        raise UsageError(f"{text!r} is longer than any calendar; write a span like 30m or 2d.") from problem


def _unit(name: str) -> timedelta:
    return _UNITS["ms" if name.lower() == "ms" else name[0].lower()]
