"""Series drawn with characters: filled areas of braille dots, and bars; pure text, newest at the right.

Charts begin at zero, end at a round number, and leave blank what nobody measured: a gap is not a zero.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

Series = Sequence[float | None]

_DOTS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))
"""Braille: the bits of a cell's left and right dots, from the lowest row to the highest."""
_BRAILLE = 0x2800
DOTS_DOWN, DOTS_ACROSS = 4, 2
_ROUND = (1, 2, 5, 10)
_LEAST = 1e-12
"""What is less than this is nothing."""


def top_of(series: Sequence[Series], before: float = 0.0) -> float:
    """The round number at which the axis ends; it stays as it was unless that is too low, or far too high."""
    highest = max((value for one in series for value in one if value is not None), default=0.0)
    wanted = _rounded(highest)
    return before if before and highest <= before <= 2.5 * wanted else wanted


def _rounded(number: float) -> float:
    """The next of 1, 2, 5, 10, 20 … that is no less."""
    if number < _LEAST:
        return 1.0
    size = 10.0 ** math.floor(math.log10(number))
    return next(step * size for step in _ROUND if step * size >= number * (1 - 1e-9))


def stretched(series: Series, columns: int) -> list[float | None]:
    """The series in so many columns: the largest of those that share one, and each repeated where there is room."""
    many = len(series)
    if not many or columns <= 0:
        return [None] * max(0, columns)
    firsts = [place * many // columns for place in range(columns + 1)]
    return [_largest(series[first : max(first + 1, behind)]) for first, behind in pairwise(firsts)]


def _largest(part: Series) -> float | None:
    return max((value for value in part if value is not None), default=None)


def bands(series: Sequence[Series], top: float, width: int, height: int) -> list[list[tuple[str, int]]]:
    """Lines of runs, the highest line first: the largest series filled, each cell told by the smallest that reaches it.

    The series are given from the smallest to the largest, as shares of a whole or percentiles are.
    """
    heights = [_heights(one, top, width, height) for one in series]
    return [[*_runs(heights, row)] for row in reversed(range(height))]


def _runs(heights: Sequence[Sequence[int | None]], row: int) -> Iterator[tuple[str, int]]:
    """One line of cells, those of the same series together; a cell without any belongs to the last."""
    under = [[_within(height, row) for height in one] for one in heights]
    pairs = zip(*(zip(one[::DOTS_ACROSS], one[1::DOTS_ACROSS], strict=True) for one in under), strict=True)
    for whose, run in groupby((_cell(fills, row) for fills in pairs), key=lambda cell: cell[1]):
        yield "".join(sign for sign, _ in run), whose


def _within(height: int | None, row: int) -> int:
    """How many dots of a line's cell lie under a height; one more than there are when it ends above the line."""
    return max(0, min((height or 0) - row * DOTS_DOWN, DOTS_DOWN + 1))


@lru_cache(maxsize=1024)
def _cell(fills: tuple[tuple[int, int], ...], row: int) -> tuple[str, int]:
    """A cell's sign, and whose it is, of the dots of each series in both of its columns.

    The smallest series is filled, the next ones ever more sparsely: they differ without colour, too.
    """
    whose, bits = _whose(fills), 0
    for across, top in enumerate(fills[-1]):
        for dot in range(min(top, DOTS_DOWN)):
            if dot == top - 1 or not (row * DOTS_DOWN + dot + across) % (whose + 1):
                bits |= _DOTS[dot][across]
    return chr(_BRAILLE + bits) if bits else " ", whose


def _whose(fills: Sequence[tuple[int, int]]) -> int:
    """The first series that fills at least half of what the largest fills of the cell."""
    filled = [max(one) for one in fills]
    least = min(filled[-1], DOTS_DOWN) / 2
    return next((at for at, dots in enumerate(filled) if dots > 0 and dots >= least), len(fills) - 1)


def _heights(series: Series, top: float, width: int, height: int) -> list[int | None]:
    """For each column of dots how many of them the value fills; at least one where it is above zero."""
    most = height * DOTS_DOWN
    values = stretched(series, width * DOTS_ACROSS)
    return [None if value is None else min(most, math.ceil(value / top * most - 1e-9)) for value in values]


def rod(value: float, most: float, width: int) -> str:
    """A bar of at most `width` cells, to an eighth of a cell; something is never drawn as nothing."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(value / most * width * 8))
    whole, rest = divmod(min(eighths, width * 8), 8)
    return "█" * whole + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[rest]
