"""The steps of a flow as bars on one axis of time: what waited, what failed, what ran, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from arqlight_core.jobs import State
from arqlight_core.observe import FlowStep
from arqlight_screens.figures import SECOND, duration, time_of_day
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import STATES, Tone

_WAITS, _FAILED, _RUNS = "╌", "┅", "━"
_ENDED = (State.COMPLETED, State.DEAD, State.CANCELLED, None)
_CLOCKS = 2 * len("12:34:56")

_Cell = tuple[str, Tone]


@dataclass(frozen=True, slots=True)
class Axis:
    """From the first moment of a flow to its last, or to now while it goes on (ms)."""

    first_ms: int
    last_ms: int

    @classmethod
    def of(cls, steps: Iterable[FlowStep], now_ms: int) -> "Axis":
        """The axis that all steps fit on."""
        known = [step for step in steps if step.enqueued_ms]
        first = min((step.enqueued_ms for step in known), default=now_ms)
        over = all(step.state in _ENDED for step in known)
        last = max((_end_of(step, now_ms) for step in known), default=now_ms) if over else now_ms
        return cls(first, max(last, first + 1))

    def cell(self, moment_ms: int, width: int) -> int:
        """In which cell a moment is; one from beyond the axis is in the nearest."""
        share = (moment_ms - self.first_ms) / (self.last_ms - self.first_ms)
        return min(width - 1, max(0, int(share * width)))

    def head(self, width: int) -> str:
        """Begin, length and end of the axis, as far as there is room for them."""
        ends, length = (time_of_day(self.first_ms), time_of_day(self.last_ms)), duration(self.last_ms - self.first_ms)
        room = width - _CLOCKS
        if room < len(length) + 2 or self.last_ms - self.first_ms < SECOND:
            return f"{ends[0]} +{length}"[:width]
        return f"{ends[0]}{length.center(room)}{ends[1]}"


def drawn(step: FlowStep, axis: Axis, width: int) -> Line:
    """One step's bar; of one that is no longer kept, when it was queued."""
    if not step.enqueued_ms or width < 1:
        return ()
    end_ms = _end_of(step, axis.last_ms)
    glyph, tone = STATES[step.state] if step.state else ("·", "dim")
    begun = step.started_ms or (step.tries[-1][1] if step.tries else end_ms)
    cells: list[_Cell] = [(" ", "plain")] * width
    _fill(cells, axis, step.enqueued_ms, max(begun, step.enqueued_ms), (_WAITS, "dim"))
    if step.started_ms:
        _fill(cells, axis, step.started_ms, end_ms, (_RUNS, tone))
    else:
        _fill(cells, axis, begun, end_ms, (_WAITS, "dim"))
    for first_ms, last_ms in step.tries:
        _fill(cells, axis, first_ms, last_ms, (_FAILED, "bad"))
    cells[axis.cell(end_ms, width)] = (glyph, tone)
    return tuple(Part("".join(sign for sign, _ in run), tone) for tone, run in _runs(cells))


def _end_of(step: FlowStep, now_ms: int) -> int:
    if step.state not in _ENDED:
        return now_ms
    return step.ended_ms or max((last for _, last in step.tries), default=0) or step.started_ms or step.enqueued_ms


def _fill(cells: list[_Cell], axis: Axis, first_ms: int, last_ms: int, cell: _Cell) -> None:
    first, last = axis.cell(first_ms, len(cells)), axis.cell(last_ms, len(cells))
    cells[first : last + 1] = [cell] * (last + 1 - first)


def _runs(cells: list[_Cell]) -> Iterable[tuple[Tone, list[_Cell]]]:
    return ((tone, list(run)) for tone, run in groupby(cells, key=_tone_of))


def _tone_of(cell: _Cell) -> Tone:
    return cell[1]
