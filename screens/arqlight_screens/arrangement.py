"""How an operator wants a table: by which column it is sorted, which way, and which columns are left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from arqlight_screens.columns import Column

R = TypeVar("R")


class Arrangement(msgspec.Struct, frozen=True):
    """Columns are told by their titles. Without a sort column, rows stay in the order in which they came."""

    sort: str = ""
    reverse: bool = False
    hidden: tuple[str, ...] = ()

    def sorted_by(self, title: str) -> "Arrangement":
        """Sorted by this column; the other way round when it is already."""
        if self.sort == title:
            return msgspec.structs.replace(self, reverse=not self.reverse)
        return msgspec.structs.replace(self, sort=title, reverse=False)

    def toggled(self, title: str) -> "Arrangement":
        """With this column left out, or back in."""
        others = tuple(one for one in self.hidden if one != title)
        return msgspec.structs.replace(self, hidden=others if title in self.hidden else (*others, title))


PLAIN = Arrangement()


def shown_columns(columns: Sequence[Column[R]], wanted: Arrangement) -> tuple[Column[R], ...]:
    """The columns that are not left out; the one that sorts says which way. The first one always stays."""
    kept = [column for place, column in enumerate(columns) if not place or name_of(column) not in wanted.hidden]
    return tuple(_marked(column, wanted) if name_of(column) == wanted.sort else column for column in kept)


def name_of(column: Column[Any]) -> str:
    """What a column is called."""
    return column.title.strip()


def _marked(column: Column[R], wanted: Arrangement) -> Column[R]:
    arrow = "▴" if wanted.reverse else "▾"
    return replace(column, title=f"{name_of(column)[: column.width - 1]}{arrow}")


def sorted_rows(rows: Sequence[R], columns: Sequence[Column[R]], wanted: Arrangement) -> Sequence[R]:
    """The rows in the wanted order: the largest number first, or the first text; what has nothing comes last."""
    column = next((one for one in columns if name_of(one) == wanted.sort and one.order), None)
    if column is None or column.order is None:
        return rows
    order = column.order
    told = [row for row in rows if order(row) is not None]
    untold = [row for row in rows if order(row) is None]
    falling = bool(told) and not isinstance(order(told[0]), str)
    return [*sorted(told, key=order, reverse=falling != wanted.reverse), *untold]
