"""The life of an incident drawn: every state, where it is now in brackets, and the way that it took in heavy lines."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise

from arqlight_core.incidents import Move
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import PHASES, UNKNOWN, Tone

_FIRST = ("NEW", "DISCOVERY", "BASELINE", "BACKUP", "OBSERVABILITY")
_LEFT = 4
"""Cells before the fixes begin."""
_ARROW = 3

_Cell = tuple[str, Tone]


class _Canvas:
    """Rows of cells, written piece by piece."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], _Cell] = {}

    def put(self, row: int, column: int, text: str, tone: Tone = "plain") -> int:
        """Write the text; answers the column behind it."""
        self._cells.update({(row, column + place): (sign, tone) for place, sign in enumerate(text)})
        return column + len(text)

    def lines(self, rows: int) -> list[Line]:
        """All of it."""
        return [self._line(row) for row in range(rows)]

    def _line(self, row: int) -> Line:
        width = max((column + 1 for at, column in self._cells if at == row), default=0)
        cells = [self._cells.get((row, column), (" ", "plain")) for column in range(width)]
        return tuple(Part("".join(sign for sign, _ in run), tone) for tone, run in groupby(cells, key=_tone_of))


def _tone_of(cell: _Cell) -> Tone:
    return cell[1]


class _Drawing:
    """One incident's."""

    def __init__(self, moves: Sequence[Move], phase: str) -> None:
        self.canvas = _Canvas()
        self._moves, self._phase = moves, phase
        self._taken = {(move.source, move.target) for move in moves}
        self._entered = Counter(["NEW", *(move.target for move in moves)])

    def state(self, row: int, column: int, name: str) -> int:
        """A state: `[● VERIFY x2]` where it is, ` ✓ NEW ` where it was, ` · FIXED ` where it never came."""
        times = f" x{self._entered[name]}" if self._entered[name] > 1 else ""
        glyph, tone = PHASES.get(name, UNKNOWN)
        if name == self._phase:
            return self.canvas.put(row, column, f"[{glyph} {name}{times}]", "chosen" if tone == "busy" else tone)
        if self._entered[name]:
            return self.canvas.put(row, column, f" ✓ {name}{times} ", "plain")
        return self.canvas.put(row, column, f" · {name} ", "dim")

    def way(self, row: int, column: int, source: str, target: str, signs: str) -> int:
        """A piece of the way from one state to another; `signs` are the heavy one's and the light one's."""
        heavy, light = signs.split()
        taken = (source, target) in self._taken
        return self.canvas.put(row, column, heavy if taken else light, "busy" if taken else "dim")

    def shortcut(self, row: int, column: int, target: str, usual: str) -> None:
        """Whence it came to its end, when that was not from the state next to it."""
        last = next((move for move in reversed(self._moves) if move.target == target), None)
        if last is not None and last.source != usual:
            self.canvas.put(row, column, f"◀━━ {last.source}: {last.outcome}", "busy")


def machine(moves: Sequence[Move], phase: str) -> list[Line]:
    """The states and the ways between them, in six lines of at most 76 cells (and the shortcut to an end)."""
    drawing = _Drawing(moves, phase)
    end = _first_row(drawing)
    _turn(drawing, end)
    middle_of_fix, middle_of_verify = _fixing(drawing)
    _undoing(drawing, middle_of_fix, middle_of_verify)
    return drawing.canvas.lines(6)


def _first_row(drawing: _Drawing) -> int:
    column = drawing.state(0, 1, _FIRST[0])
    for source, target in pairwise(_FIRST):
        column = drawing.way(0, column, source, target, "━━▶ ╌╌▷")
        column = drawing.state(0, column, target)
    return drawing.way(0, column, _FIRST[-1], "FIX_ATTEMPT", "━┓ ╌┐")


def _turn(drawing: _Drawing, end: int) -> None:
    """From the end of the first row to the beginning of the second."""
    between = end - 3
    drawing.way(1, 1, _FIRST[-1], "FIX_ATTEMPT", f"┏{'━' * between}┛ ┌{'╌' * between}┘")


def _fixing(drawing: _Drawing) -> tuple[int, int]:
    """The second row; answers the columns in the middle of FIX_ATTEMPT and of VERIFY."""
    drawing.way(2, 1, _FIRST[-1], "FIX_ATTEMPT", "┗━▶ └╌▷")
    after_fix = drawing.state(2, _LEFT, "FIX_ATTEMPT")
    drawing.way(2, after_fix, "FIX_ATTEMPT", "VERIFY", "━━▶ ╌╌▷")
    after_verify = drawing.state(2, after_fix + _ARROW, "VERIFY")
    drawing.way(2, after_verify, "VERIFY", "FIXED", "━━▶ ╌╌▷")
    drawing.shortcut(2, drawing.state(2, after_verify + _ARROW, "FIXED"), "FIXED", "VERIFY")
    return (_LEFT + after_fix) // 2, (after_fix + _ARROW + after_verify) // 2


def _undoing(drawing: _Drawing, fix: int, verify: int) -> None:
    """From both states back through ROLLBACK, or out of it to a person."""
    drawing.way(3, fix - 3, "ROLLBACK", "FIX_ATTEMPT", "▲ △")
    drawing.way(3, fix + 2, "FIX_ATTEMPT", "ROLLBACK", "┃ ╎")
    drawing.way(3, verify, "VERIFY", "ROLLBACK", "┃ ╎")
    end = drawing.state(4, _LEFT, "ROLLBACK")
    between = verify - end - 1
    drawing.way(4, end, "VERIFY", "ROLLBACK", f"◀{'━' * between}┛ ◁{'╌' * between}┘")
    column = drawing.way(5, fix - 3, "ROLLBACK", "ESCALATED", "┗━▶ └╌▷")
    drawing.shortcut(5, drawing.state(5, column, "ESCALATED"), "ESCALATED", "ROLLBACK")
