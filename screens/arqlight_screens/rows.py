"""Where a table finds its rows: all at hand, or page by page out of a million."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

PAGE = 64
"""Rows of a page: a screenful or two, so that a page costs the server about a millisecond."""
_PAGES_KEPT = 64


class Rows(Protocol[R_co]):
    """Rows in an order, some of which may not be here yet."""

    @property
    def total(self) -> int:
        """How many there are."""
        ...

    def at(self, index: int) -> R_co | None:
        """One row; None while it has not come."""
        ...

    def find(self, key: str) -> int | None:
        """Where the row with this key is, as far as is known."""
        ...


class Listed(Generic[R]):
    """Rows that are all here."""

    def __init__(self, rows: Sequence[R], key_of: Callable[[R], str]) -> None:
        self._rows = rows
        self._places = {key_of(row): place for place, row in enumerate(rows)}

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self._rows)

    def at(self, index: int) -> R | None:
        """One row."""
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def find(self, key: str) -> int | None:
        """Where the row with this key is."""
        return self._places.get(key)


class Paged(Generic[R]):
    """Rows of which the lately seen pages are here. What was read at once replaces whatever was known."""

    def __init__(self, key_of: Callable[[R], str]) -> None:
        self._key_of = key_of
        self._pages: OrderedDict[int, tuple[R, ...]] = OrderedDict()
        self.total = 0

    def at(self, index: int) -> R | None:
        """One row; None while its page has not come."""
        page, place = divmod(index, PAGE)
        rows = self._pages.get(page, ())
        return rows[place] if place < len(rows) else None

    def find(self, key: str) -> int | None:
        """Where the row with this key is among the pages that are here."""
        for page, rows in self._pages.items():
            for place, row in enumerate(rows):
                if self._key_of(row) == key:
                    return page * PAGE + place
        return None

    def put(self, offset: int, rows: Sequence[R], total: int) -> None:
        """Take rows that were read at one moment, from the start of a page.

        Another total means that rows have moved: what was read before can then stand anywhere, and is forgotten.
        """
        if total != self.total:
            self._pages.clear()
            self.total = total
        for start in range(0, max(1, len(rows)), PAGE):
            page = (offset + start) // PAGE
            self._pages[page] = tuple(rows[start : start + PAGE])
            self._pages.move_to_end(page)
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)

    def missing(self, first: int, last: int) -> tuple[int, int] | None:
        """Offset and length of what to read for these rows to be here, in whole pages; None when they are."""
        wanted = range(max(0, first) // PAGE, max(0, min(last, self.total - 1)) // PAGE + 1)
        absent = [page for page in wanted if page not in self._pages]
        return span(absent[0] * PAGE, absent[-1] * PAGE) if absent else None


def span(first: int, last: int) -> tuple[int, int]:
    """Offset and length of the whole pages that hold these rows."""
    start = max(0, first) // PAGE * PAGE
    return start, max(0, last) // PAGE * PAGE + PAGE - start
