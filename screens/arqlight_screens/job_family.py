"""A job's relatives as rows: who waits for it, who queued it, its children and follow-ups."""

from arqlight_core.observe import Kin
from arqlight_screens.columns import Column
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Part
from arqlight_screens.tones import STATES, Tone


def _state(kin: Kin, _now: int) -> Part:
    glyph, tone = STATES[kin.state] if kin.state else ("·", "dim")
    return Part(f"{glyph} {kin.state or 'gone'}", tone)


def _tone(kin: Kin) -> Tone:
    return "strong" if kin.state else "dim"


def kin_columns(queue: str) -> tuple[Column[Kin], ...]:
    """The columns, for relatives of a job in this queue: its own tag is left out."""
    return (
        Column("relation", 9, lambda kin, _: Part(kin.relation, "dim"), 1),
        Column("job", 24, lambda kin, _: Part(own_id(kin.id, queue), _tone(kin)), 1, most=60, ends=True),
        Column("state", 11, _state, 1),
        Column("type", 14, lambda kin, _: Part(kin.job_type), 3, most=28),
        Column("why", 16, lambda kin, _: Part(kin.why), 2, most=200),
    )


def id_of(kin: Kin) -> str:
    """What the cursor is bound to."""
    return f"{kin.relation} {kin.id}"
