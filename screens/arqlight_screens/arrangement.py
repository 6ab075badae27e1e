"""How an operator wants a table: sorted by which column and which way, which columns left out, times as ages or not."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeVar

import msgspec

from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, short_moment
from arqlight_screens.lines import Part

R = TypeVar("R")
_MOMENT = len("05-28 23:59")


class Arrangement(msgspec.Struct, frozen=True):
    """Columns are told by their names. Without a sort column, rows stay in the order in which they came."""

    sort: str = ""
    reverse: bool = False
    hidden: tuple[str, ...] = ()

    def sorted_by(self, name: str) -> "Arrangement":
        """Sorted by this column; the other way round when it is already."""
        if self.sort == name:
            return msgspec.structs.replace(self, reverse=not self.reverse)
        return msgspec.structs.replace(self, sort=name, reverse=False)

    def toggled(self, name: str) -> "Arrangement":
        """With this column left out, or back in."""
        others = tuple(one for one in self.hidden if one != name)
        return msgspec.structs.replace(self, hidden=others if name in self.hidden else (*others, name))

    def beside(self, names: Sequence[str], step: int) -> "Arrangement":
        """Sorted by the next of these columns, or by none: that is one place in the round, too."""
        places = ["", *names]
        here = places.index(self.sort) if self.sort in places else 0
        return msgspec.structs.replace(self, sort=places[(here + step) % len(places)], reverse=False)


PLAIN = Arrangement()


def shown_columns(columns: Sequence[Column[R]], wanted: Arrangement) -> tuple[Column[R], ...]:
    """The columns that are not left out; the one that sorts says which way. The first one always stays."""
    kept = [column for place, column in enumerate(columns) if not place or column.name not in wanted.hidden]
    arrow = "▴" if wanted.reverse else "▾"
    return tuple(replace(one, arrow=arrow) if one.order and one.name == wanted.sort else one for one in kept)


def with_moments(columns: Sequence[Column[R]]) -> tuple[Column[R], ...]:
    """The columns with moments in place of ages."""
    return tuple(column if column.at is None else _with_moment(column) for column in columns)


@lru_cache(maxsize=128)
def _with_moment(column: Column[Any]) -> Column[Any]:
    """The same one for the same column: a table whose columns are equal is not drawn again."""
    return replace(column, width=max(_MOMENT, column.width), cell=partial(_moment, column))


def _moment(column: Column[R], row: R, now_ms: int) -> Part:
    at = column.at(row) if column.at else None
    return Part(short_moment(at, now_ms) if at else NOTHING, "plain" if at else "dim")


def sorted_rows(rows: Sequence[R], columns: Sequence[Column[R]], wanted: Arrangement) -> Sequence[R]:
    """The rows in the wanted order: the largest number first, or the first text; what has nothing comes last."""
    column = next((one for one in columns if one.name == wanted.sort and one.order), None)
    if column is None or column.order is None:
        return rows
    order = column.order
    told = [row for row in rows if order(row) is not None]
    untold = [row for row in rows if order(row) is None]
    falling = bool(told) and not isinstance(order(told[0]), str)
    return [*sorted(told, key=order, reverse=falling != wanted.reverse), *untold]
