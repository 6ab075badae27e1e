"""An alert or a silence in a few lines: what it is and what ends it, whether people were told, who said what to it."""

from collections.abc import Iterator, Sequence

from arqlight_core.observe import Severity
from arqlight_screens.alarms import look_of, told_of
from arqlight_screens.alert_rows import AlertRow
from arqlight_screens.figures import age, moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.widgets.text_pane import wrapped

HEIGHT = 6


def story(row: AlertRow, now_ms: int, width: int) -> Sequence[Line]:
    """At most HEIGHT lines; of what is long the beginning."""
    what, *more = _lines(row, now_ms)
    pieces = [*wrapped(what, width)[:2], *(wrapped(line, width)[0] for line in more)]
    return [*([()] if len(pieces) < HEIGHT else []), *pieces]


def _lines(row: AlertRow, now_ms: int) -> Iterator[Line]:
    if row.one is not None:
        glyph, tone = look_of(row.one.alert)
        yield Part(f" {glyph} ", tone), Part(told_of(row.one.alert), "strong")
        yield Part(" → "), Part(row.one.alert.remedy)
        yield (Part(f"   {_telling(row, now_ms)}", "dim"),)
    if row.under is not None:
        until = f"until {moment(row.under.until_ms, now_ms)}, {age(row.under.until_ms - now_ms)} from now"
        told = f"   {row.under.subject}: nobody is told {until}, by {row.under.by}{_why(row.under.reason)}"
        yield (Part(told, "warn"),)
    if row.hand is not None:
        told = f"   {row.hand.by} has it since {moment(row.hand.at_ms, now_ms)}{_why(row.hand.reason)}"
        yield (Part(told, "ok"),)


def _telling(row: AlertRow, now_ms: int) -> str:
    """Whether people were told, and why not."""
    episode = row.episode
    if episode is not None and episode.told_ms:
        return f"people were told at {moment(episode.told_ms, now_ms)}"
    if row.one and row.one.alert.severity is Severity.NOTICE:
        return "people are not told of a notice: it is shown here"
    if row.under is not None:
        return "people are told when its silence ends, should it fire then"
    return {
        "pending": "people are told when it was there at a few looks in a row",
        "unwatched": "nobody is told: no worker looks for alerts",
        "gone": "it was not there just now",
    }.get(row.state, "people are about to be told")


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
