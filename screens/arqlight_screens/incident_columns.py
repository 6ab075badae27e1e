"""The columns of the list of incidents, and of one incident's timeline."""

from arqlight_core.incidents import IncidentRow, Move
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age, duration, short_moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import PHASES, UNKNOWN

_WIDE = 400
_URGENT = ("critical", "high", "medium", "low")
_ATTEMPTS_TO_NOTICE = 2


def phase_of(row: IncidentRow) -> Line:
    """The state with its glyph, behind it a mark where an operator wants it to end."""
    glyph, tone = PHASES.get(row.phase, UNKNOWN)
    ending = (Part(" ‖", "warn"),) if row.given_up and not row.is_over else ()
    return (Part(f"{glyph} {row.phase}", tone), *ending)


def _fingerprint(row: IncidentRow, _now: int) -> Part:
    flap = " (again)" if row.flap else ""
    return Part(f"{row.fingerprint or 'not known yet'}{flap}", "plain" if row.fingerprint else "dim")


def _attempts(row: IncidentRow, _now: int) -> Part:
    many = row.attempts >= _ATTEMPTS_TO_NOTICE and not row.is_over
    return Part(str(row.attempts) if row.attempts else NOTHING, "warn" if many else "plain")


def _since(row: IncidentRow, now: int) -> Part:
    """For how long an open one is open; how long a closed one took."""
    took = (row.closed_ms or now) - row.opened_ms
    return Part(age(took), "dim" if row.is_over else "plain")


def _deadline(row: IncidentRow, now: int) -> Part:
    if row.is_over:
        return Part(NOTHING, "dim")
    left = row.deadline_ms - now
    return Part(f"in {age(left)}", "plain") if left > 0 else Part("passed", "bad")


def _priority(row: IncidentRow, _now: int) -> Part:
    return Part(row.priority, "warn" if row.priority in _URGENT[:2] and not row.is_over else "dim")


def _rank(row: IncidentRow) -> int | None:
    return _URGENT.index(row.priority) if row.priority in _URGENT else None


def _opened(row: IncidentRow, now: int) -> Part:
    return Part(short_moment(row.opened_ms, now), "dim")


def _ended(row: IncidentRow, _now: int) -> Part:
    return Part(row.closed_reason or (f"ends: {row.given_up}" if row.given_up else NOTHING), "dim")


INCIDENTS: tuple[Column[IncidentRow], ...] = (
    Column("site", 16, lambda row, _: Part(row.site, "strong"), 1, 30, order=lambda row: row.site, ends=True),
    Column("about", 20, _fingerprint, 1, 34, order=lambda row: row.fingerprint),
    Column("state", 17, lambda row, _: phase_of(row), 1, order=lambda row: row.phase),
    Column("fixes", 5, _attempts, 2, right=True, order=lambda row: row.attempts),
    Column("for", 5, _since, 1, right=True, order=lambda row: row.opened_ms),
    Column("deadline", 8, _deadline, 2, right=True, order=lambda row: None if row.is_over else row.deadline_ms),
    Column("priority", 8, _priority, 3, order=_rank),
    Column("opened", 11, _opened, 5, right=True, order=lambda row: row.opened_ms),
    Column("how it ended", 32, _ended, 4, _WIDE),
)


# ---------------------------------------------------------------------- one incident


def _to(move: Move, _now: int) -> Part:
    glyph, tone = PHASES.get(move.target, UNKNOWN)
    return Part(f"{glyph} {move.target}", tone)


def _because(move: Move, _now: int) -> Part:
    return Part(f"{move.outcome}: {move.reason}" if move.reason else move.outcome)


TIMELINE: tuple[Column[Move], ...] = (
    Column("at", 8, lambda move, now: Part(short_moment(move.at_ms, now), "dim"), 2, 11),
    Column("from", 13, lambda move, _: Part(move.source), 2),
    Column("after", 5, lambda move, _: Part(duration(move.duration_ms)), 1, right=True),
    Column("to", 15, _to, 1),
    Column("because", 36, _because, 1, _WIDE),
)
