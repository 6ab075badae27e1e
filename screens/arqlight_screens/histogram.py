"""How long jobs waited or ran, as bars: one line for each range of durations that had any job, and those between."""

from collections.abc import Sequence

from arqlight_core.observe.minutes import BOUNDS_MS
from arqlight_screens.figures import count, duration, share
from arqlight_screens.lines import Line, Part
from arqlight_screens.plotting import rod

_LABEL, _FIGURES = 8, 12


def histogram(title: str, bins: Sequence[int], width: int) -> list[Line]:
    """Lines of at most `width` cells; without any job one line says so."""
    total = sum(bins)
    heading = (Part(f" {title}", "strong"), Part(f"  {count(total)} jobs" if total else "  no job has yet", "dim"))
    if not total:
        return [heading]
    used = [place for place, number in enumerate(bins) if number]
    most, room = max(bins), max(1, width - _LABEL - _FIGURES)
    return [heading, *(_line(place, bins[place], total, most, room) for place in range(used[0], used[-1] + 1))]


def _line(place: int, number: int, total: int, most: int, room: int) -> Line:
    label = f"≤{duration(BOUNDS_MS[place])}" if place < len(BOUNDS_MS) else f">{duration(BOUNDS_MS[-1])}"
    drawn = rod(number, most, room)
    told = f" {count(number)} {share(number / total)}" if number else ""
    return (Part(f"{label:>{_LABEL - 1}} ", "dim"), Part(drawn, "busy"), Part(told, "plain"))
