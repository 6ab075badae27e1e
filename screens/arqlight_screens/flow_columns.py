"""The columns of the list of flows, and of one flow's steps on their common axis of time."""

from functools import lru_cache

from arqlight_core.jobs import State
from arqlight_core.observe import FlowRow, FlowStep
from arqlight_screens.columns import Column
from arqlight_screens.drawn import Drawn, no_cell
from arqlight_screens.figures import NOTHING, count, duration, short_moment
from arqlight_screens.gantt import Axis, drawn
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import STATES

_GRAVEST_FIRST = (
    State.DEAD,
    State.RETRYING,
    State.HELD,
    State.ACTIVE,
    State.WAITING,
    State.SCHEDULED,
    State.CANCELLED,
    State.COMPLETED,
)
_WIDE = 400
_LONGEST_INDENT = 12


def tallied(states: dict[State, int], gone: int = 0) -> Line:
    """How many jobs are in which state, what is wrong first: `✗ 1  ● 2  ✓ 40`."""
    parts = list[Part]()
    for state in _GRAVEST_FIRST:
        glyph, tone = STATES[state]
        if states.get(state):
            parts.append(Part(f"{glyph} {count(states[state])}  ", tone))
    return (*parts, *((Part(f"{count(gone)} gone  ", "dim"),) if gone else ()))


def _jobs(row: FlowRow, _now: int) -> Part:
    return Part(count(row.total))


def _troubles(row: FlowRow) -> tuple[int, ...]:
    return tuple(row.states.get(state, 0) for state in _GRAVEST_FIRST)


def _begun(row: FlowRow, now: int) -> Part:
    return Part(short_moment(row.begun_ms, now))


def _took(row: FlowRow, now: int) -> Part:
    return Part(duration(row.took_ms(now)), "plain" if row.ended_ms else "busy")


def _length(row: FlowRow) -> float | None:
    """What has not ended comes last."""
    return row.took_ms(0) if row.ended_ms else None


FLOWS: tuple[Column[FlowRow], ...] = (
    Column(
        "flow",
        14,
        lambda one, _: Part(one.correlation_id, "strong"),
        1,
        40,
        order=lambda one: one.correlation_id,
        ends=True,
    ),
    Column("jobs", 5, _jobs, 2, right=True, order=lambda one: one.total),
    Drawn("states", 18, no_cell, 1, 44, picture=lambda one, _now, _: tallied(one.states, one.gone), order=_troubles),
    Column("begun", 11, _begun, 1, right=True, order=lambda one: one.begun_ms),
    Column("took", 5, _took, 2, right=True, order=_length),
    Column("first job", 14, lambda one, _: Part(one.root_type or NOTHING), 3, 40, order=lambda one: one.root_type),
)


# ---------------------------------------------------------------------- one flow


@lru_cache(maxsize=8)
def step_columns(axis: Axis) -> tuple[Column[FlowStep], ...]:
    """What is told of each step; the axis is the same for all of them."""
    return (
        Drawn("step", 32, no_cell, 1, 60, picture=lambda step, _now, _: _step(step)),
        Column("wait", 5, lambda step, _: Part(duration(step.wait_ms), "dim"), 3, right=True),
        Column("run", 5, _ran, 2, right=True),
        Drawn(
            "time", 24, no_cell, 1, _WIDE, picture=lambda step, _now, width: drawn(step, axis, width), heading=axis.head
        ),
        Column("told", 24, lambda step, _: Part(told(step), "dim"), 4, 48),
        Column("job", 16, lambda step, _: Part(own_id(step.id, step.queue), "dim"), 5, 40, ends=True),
    )


def _step(step: FlowStep) -> Line:
    glyph, tone = STATES[step.state] if step.state else ("·", "dim")
    indent = " " * min(2 * step.depth, _LONGEST_INDENT)
    name = step.job_type or own_id(step.id, step.queue)
    own = Part(f"{indent}{'└ ' if step.depth else ''}", "dim"), Part(f"{glyph} ", tone), Part(name, "strong")
    tally = step.children
    if tally is None:
        return own
    dead = Part(f" {STATES[State.DEAD][0]} {count(tally.dead)}" if tally.dead else "", "bad")
    return (*own, Part(f"  {count(tally.ended)}/{count(tally.total)}", "dim"), dead)


def _ran(step: FlowStep, now: int) -> Part:
    return Part(duration(step.run_ms(now)), "busy" if step.state is State.ACTIVE else "plain")


def told(step: FlowStep) -> str:
    """How its children do, where it has any; else why it is where it is."""
    if step.children is None:
        return step.why
    bad = {"dead": step.children.dead, "cancelled": step.children.cancelled}
    parts = [f"{step.children.ended:,}/{step.children.total:,} children ended"]
    return ", ".join([*parts, *(f"{n:,} {how}" for how, n in bad.items() if n)])
