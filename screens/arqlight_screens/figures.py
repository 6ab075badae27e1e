"""Numbers, moments and durations as short text of a known width, and bars and sparklines drawn with characters."""

from collections.abc import Sequence
from datetime import datetime

from arqlight_core.clock import from_ms

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOTHING = "-"
_LEVELS = "▁▂▃▄▅▆▇█"
_UNITS = ((1e3, "k"), (1e6, "M"), (1e9, "G"))
_EXACT = 10_000
_ONE_DECIMAL, _NO_DECIMAL = 99.95, 999.5
"""Up to where a scaled count rounds to three digits, with and without a decimal."""
_LEAST_RATE, _SMALL_RATE = 0.05, 9.95
_LEAST_SHARE = 0.005
_KIBI = 1024


def count(number: float) -> str:
    """A count in at most five cells: 999, 9,999, 12.3k, 456k, 7.8M."""
    if number < _EXACT:
        return f"{number:,.0f}"
    for size, unit in _UNITS:
        scaled = number / size
        if scaled < _NO_DECIMAL:
            return f"{scaled:.{1 if scaled < _ONE_DECIMAL else 0}f}{unit}"
    return ">1T"


def rough(number: float) -> str:
    """A count in at most four cells, where there is no room for more: 999, 12k, 456k, 8M."""
    sized = next(((size, unit) for size, unit in ((1.0, ""), *_UNITS) if number / size < _NO_DECIMAL), None)
    return f"{number / sized[0]:.0f}{sized[1]}" if sized else ">1T"


def size(number_of_bytes: float) -> str:
    """Bytes in at most five cells: 512B, 97.3M, 1.2G."""
    scaled, units = float(number_of_bytes), "BKMGTP"
    while scaled >= _NO_DECIMAL and len(units) > 1:
        scaled, units = scaled / _KIBI, units[1:]
    whole = units[0] == "B" or scaled >= _ONE_DECIMAL
    return f"{scaled:.{0 if whole else 1}f}{units[0]}"


def rate(per_second: float) -> str:
    """A rate in at most five cells; nothing at all is a dash."""
    if per_second <= 0:
        return NOTHING
    if per_second < _LEAST_RATE:
        return "<0.1"
    return f"{per_second:.1f}" if per_second < _SMALL_RATE else count(round(per_second))


def share(part: float | None) -> str:
    """A share of one as a percentage in at most four cells."""
    if part is None:
        return NOTHING
    return "<1%" if 0 < part < _LEAST_SHARE else f"{part:.0%}"


def duration(milliseconds: float | None) -> str:
    """A duration in at most five cells; coarse, so that it does not change with every look."""
    if milliseconds is None:
        return NOTHING
    ms = max(0, round(milliseconds))
    if ms < SECOND:
        return f"{ms}ms"
    if ms < 9.95 * SECOND:
        return f"{ms / SECOND:.1f}s"
    for size, limit, unit in ((SECOND, MINUTE, "s"), (MINUTE, HOUR, "m"), (HOUR, 2 * DAY, "h")):
        if ms < limit:
            return f"{max(ms // size, 10 if unit == 's' else 1)}{unit}"  # 9.97 s is 10 s, not 9 s
    return f"{ms // DAY}d"


def age(milliseconds: float | None) -> str:
    """A duration to the second at best: for how long ago something was."""
    if milliseconds is None or milliseconds >= MINUTE:
        return duration(milliseconds)
    return f"{max(0, milliseconds) // SECOND:.0f}s"


def stopwatch(milliseconds: float) -> str:
    """A running time to the second: 0:07, 12:34, 1:02:03."""
    minutes, seconds = divmod(max(0, int(milliseconds)) // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def time_of_day(moment_ms: float) -> str:
    """The local time of a moment, to the second."""
    then = _local(moment_ms)
    return then.strftime("%H:%M:%S") if then else "never"


def moment(moment_ms: float, now_ms: float) -> str:
    """A moment in local time, with its date when that is not today's."""
    then, now = _local(moment_ms), _local(now_ms)
    if then is None or now is None:
        return "never"
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%Y-%m-%d %H:%M:%S")


def short_moment(moment_ms: float, now_ms: float) -> str:
    """A moment in local time in at most eleven cells: to the second today, to the minute on another day."""
    then, now = _local(moment_ms), _local(now_ms)
    if then is None or now is None:
        return "never"
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%m-%d %H:%M")


def file_moment(moment_ms: float) -> str:
    """A moment in local time as part of a file's name."""
    then = _local(moment_ms)
    return then.strftime("%Y%m%d-%H%M%S") if then else "never"


def _local(moment_ms: float) -> datetime | None:
    """A job may carry any number as its moment; no calendar has a date for most of them."""
    try:
        return from_ms(moment_ms).astimezone()
    except (OverflowError, ValueError, OSError):
        return None


def bar(part: float, width: int) -> tuple[str, str]:
    """The done and the open piece of a progress bar."""
    done = int(min(1.0, max(0.0, part)) * width)
    return "━" * done, "─" * (width - done)


def sparkline(values: Sequence[int], width: int) -> str:
    """The newest values as columns on a zero baseline, newest right; anything above 0 is seen."""
    shown = values[-width:]
    top = max(shown, default=0)
    return "".join(_level(value, top) for value in shown).rjust(width)


def grouped(values: Sequence[int], width: int) -> list[int]:
    """The sums of as many neighbours as make them fit the width, the newest group last and whole."""
    each = max(1, -(-len(values) // max(1, width)))
    first = len(values) % each
    groups = [values[start : start + each] for start in range(first, len(values), each)]
    return [sum(group) for group in groups]


def columns_of(values: Sequence[int], rows: int) -> list[str]:
    """The values as columns over so many rows, the topmost first, on a zero baseline; anything above 0 is seen."""
    steps, top = len(_LEVELS), max(values, default=0)
    heights = [-(-value * rows * steps // top) if value > 0 else 0 for value in values]
    return ["".join(_cell(height - row * steps) for height in heights) for row in reversed(range(rows))]


def _cell(eighths: int) -> str:
    return _LEVELS[min(eighths, len(_LEVELS)) - 1] if eighths > 0 else " "


def _level(value: int, top: int) -> str:
    if value <= 0:
        return " "
    return _LEVELS[min(len(_LEVELS) - 1, value * len(_LEVELS) // (top + 1))]
