"""The columns of the groups of failures, and of the jobs of one group."""

from arqlight_core.observe import FailedJob, FailureGroup
from arqlight_screens.columns import Column
from arqlight_screens.drawn import Drawn, no_cell
from arqlight_screens.figures import age, count, sparkline
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Line, Part
from arqlight_screens.text import middle
from arqlight_screens.tones import STATES

_HOURS = 24
_WIDE = 400
_NAMED = 2


def named(names: dict[str, int], what: str) -> str:
    """A few names, or how many there are: `crm:message, crm:campaign`, `5 queues`."""
    return ", ".join(name or "others" for name in names) if len(names) <= _NAMED else f"{len(names)} {what}"


def _new(group: FailureGroup, _now: int) -> Part:
    return Part("new" if group.is_new else "", "warn")


def _count(group: FailureGroup, _now: int) -> Part:
    return Part(count(group.count), "strong")


def _dead(group: FailureGroup, _now: int) -> Part:
    return Part(count(group.dead), "bad" if group.dead else "dim")


def _trend(group: FailureGroup, _now: int, width: int) -> Line:
    return (Part(sparkline(group.trend, width), "warn"),)


def _last(group: FailureGroup, now: int) -> Part:
    return Part(age(now - group.last_ms))


def _first(group: FailureGroup, now: int) -> Part:
    return Part(age(now - group.first_ms), "dim")


def _what(group: FailureGroup, _now: int, _width: int) -> Line:
    pattern = f": {group.pattern}" if group.pattern else ""
    return (Part(group.error, "bad"), Part(pattern))


def _where(group: FailureGroup, _now: int) -> Part:
    return Part(named(group.queues, "queues"))


def _types(group: FailureGroup, _now: int) -> Part:
    return Part(named(group.job_types, "types"), "dim")


GROUPS: tuple[Column[FailureGroup], ...] = (
    Column("new", 3, _new, 3, order=lambda group: group.first_ms),
    Column("count", 5, _count, 1, right=True, order=lambda group: group.count),
    Column(" dead", 5, _dead, 2, right=True, order=lambda group: group.dead),
    Column(" last", 5, _last, 1, right=True, order=lambda group: group.last_ms, at=lambda group: group.last_ms),
    Column("first", 5, _first, 4, right=True, order=lambda group: group.first_ms, at=lambda group: group.first_ms),
    Drawn("by the hour", 11, no_cell, 3, _HOURS, picture=_trend),
    Drawn("failure", 28, no_cell, 1, _WIDE, picture=_what, order=lambda group: group.title),
    Column("queue", 12, _where, 2, 30, order=lambda group: named(group.queues, "queues")),
    Column("type", 14, _types, 5, 30, order=lambda group: named(group.job_types, "types")),
)


# ---------------------------------------------------------------------- the jobs of one group


def _job(job: FailedJob, width: int) -> Line:
    glyph, tone = STATES[job.row.state]
    return Part(f"{glyph} ", tone), Part(middle(own_id(job.row.id, job.queue), width - 2), "strong")


def _moment(job: FailedJob, now: int) -> Part:
    past = now - job.row.moment_ms
    return Part(f"{age(past)} ago" if past >= 0 else f"in {age(-past)}", "dim")


def _error(job: FailedJob, _now: int) -> Part:
    return Part(job.row.error, "bad")


JOBS: tuple[Column[FailedJob], ...] = (
    Drawn("job", 18, no_cell, 1, 40, picture=lambda job, _now, width: _job(job, width), order=lambda job: job.row.id),
    Column("queue", 14, lambda job, _: Part(job.queue), 4, 30, order=lambda job: job.queue, ends=True),
    Column("type", 14, lambda job, _: Part(job.row.job_type), 3, 30, order=lambda job: job.row.job_type),
    Column("try", 3, lambda job, _: Part(str(job.row.attempt)), 2, right=True, order=lambda job: job.row.attempt),
    Column("when", 8, _moment, 1, right=True, order=lambda job: job.row.moment_ms, at=lambda job: job.row.moment_ms),
    Column("error", 20, _error, 1, _WIDE, order=lambda job: job.row.error),
)
