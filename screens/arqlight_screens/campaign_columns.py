"""The columns of the list of campaigns, and of one campaign's reasons and moves."""

from collections.abc import Callable

from arqlight_core.campaigns import CampaignRow, Move, Reason
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, bar, count, duration, rough, share, short_moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CAMPAIGNS as STATES
from arqlight_screens.tones import UNKNOWN, Tone

_BAR = 8
_WIDE = 400


def state_of(row: CampaignRow) -> Part:
    """The state with its glyph."""
    glyph, tone = STATES.get(row.state, UNKNOWN)
    return Part(f"{glyph} {row.state}", tone)


def _progress(row: CampaignRow, _now: int) -> Line:
    done, rest = bar(row.share, _BAR)
    tone = STATES.get(row.state, UNKNOWN)[1]
    return (Part(done, tone), Part(rest, "dim"), Part(f"{row.share:>5.0%}"))


def number(amount: int, tone: Tone = "plain") -> Part:
    """A number that is noticed when there is any."""
    return Part(count(amount) if amount else NOTHING, tone if amount else "dim")


def spoken_rate(per_minute: float) -> str:
    """Recipients a minute; those of a slow one to a tenth."""
    return NOTHING if per_minute <= 0 else f"{per_minute:.1f}" if per_minute < 1 else rough(per_minute)


def _rate(row: CampaignRow, _now: int) -> Part:
    return Part(spoken_rate(row.per_minute), "plain" if row.per_minute else "dim")


def _to_go(row: CampaignRow, _now: int) -> Part:
    if row.eta_ms is None:
        return Part("?" if row.state == "running" and row.left else NOTHING, "dim")
    return Part(duration(row.eta_ms))


def _started(row: CampaignRow, now: int) -> Part:
    return Part(short_moment(row.started_ms, now) if row.started_ms else NOTHING, "dim")


def _why(row: CampaignRow, _now: int) -> Part:
    return Part(row.reason or NOTHING, "warn" if row.state in ("paused", "stopped") else "dim")


def _numbers(title: str, priority: int, of: Callable[[CampaignRow], int], tone: Tone = "plain") -> Column[CampaignRow]:
    """A column of how many recipients."""
    return Column(title, 5, lambda row, _: number(of(row), tone), priority, right=True, order=of)


CAMPAIGNS: tuple[Column[CampaignRow], ...] = (
    Column("state", 11, lambda row, _: state_of(row), 1, order=lambda row: row.state),
    Column("campaign", 14, lambda row, _: Part(row.name, "strong"), 1, 32, order=lambda row: row.name, ends=True),
    Column("progress", _BAR + 5, _progress, 1, order=lambda row: row.share),
    _numbers("sent", 2, lambda row: row.recipients.sent, "ok"),
    _numbers("fail", 1, lambda row: row.recipients.failed, "bad"),
    _numbers("unkn", 2, lambda row: row.recipients.unknown, "warn"),
    _numbers("left", 1, lambda row: row.left),
    Column("a min", 5, _rate, 2, right=True, order=lambda row: row.per_minute),
    Column("eta", 5, _to_go, 1, right=True, order=lambda row: row.eta_ms),
    _numbers("skip", 4, lambda row: row.recipients.skipped),
    Column("tenant", 8, lambda row, _: Part(row.tenant), 4, 20, order=lambda row: row.tenant),
    Column("started", 11, _started, 5, right=True, order=lambda row: row.started_ms, at=lambda row: row.started_ms),
    Column("why", 24, _why, 3, _WIDE, order=lambda row: row.reason),
)


# ---------------------------------------------------------------------- one campaign


def _many(reason: Reason, _now: int) -> Part:
    return Part(f"{reason.count:,}", "strong")


def _share_of(reason: Reason, whole: int) -> Part:
    return Part(share(reason.count / whole) if whole else NOTHING, "dim")


def reasons(whole: int) -> tuple[Column[Reason], ...]:
    """Why recipients did not get it, of so many."""
    return (
        Column("how many", 8, _many, 1, 11, right=True, order=lambda one: one.count),
        Column("of all", 6, lambda one, _: _share_of(one, whole), 2, right=True, order=lambda one: one.count),
        Column("why", 40, lambda one, _: Part(one.text), 1, _WIDE, order=lambda one: one.text),
    )


def _to(move: Move, _now: int) -> Part:
    glyph, tone = STATES.get(move.target, UNKNOWN)
    return Part(f"{glyph} {move.target}", tone)


def _ago(move: Move, now: int) -> Part:
    return Part(f"{age(now - move.at_ms)} ago", "dim")


MOVES: tuple[Column[Move], ...] = (
    Column("at", 8, lambda move, now: Part(short_moment(move.at_ms, now), "dim"), 1, 11),
    Column("ago", 8, _ago, 3, right=True),
    Column("from", 9, lambda move, _: Part(move.source or NOTHING), 2),
    Column("to", 11, _to, 1),
    Column("because", 36, lambda move, _: Part(move.reason or NOTHING), 1, _WIDE),
)
