"""What was purged and can be put back: how many jobs, by whom and why, and for how long yet."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import TrashView, trash
from arqlight_core.operations import Target
from arqlight_screens.bulk_detail import BulkDetail
from arqlight_screens.columns import Column
from arqlight_screens.figures import age, duration
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, UNDO, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_trash
from arqlight_screens.operation_keys import on_target
from arqlight_screens.sight import Sight
from arqlight_screens.tones import STATES

_SOON_MS = 3_600_000
_GLYPHS = {state.value: told for state, told in STATES.items()}


def _were(view: TrashView, _now: int) -> Part:
    glyph, tone = _GLYPHS.get(view.state, ("?", "dim"))
    return Part(f"{glyph} {view.state}", tone)


def _left(view: TrashView, now_ms: int) -> Part:
    left = view.until_ms - now_ms
    return Part(duration(left), "warn" if left < _SOON_MS else "plain")


_COLUMNS = (
    Column[TrashView](
        "queue", 22, lambda one, _: Part(one.queue, "strong"), 1, 40, order=lambda one: one.queue, ends=True
    ),
    Column[TrashView]("jobs", 9, lambda one, _: Part(f"{one.jobs:,}"), 1, 11, right=True, order=lambda one: one.jobs),
    Column[TrashView]("were", 11, _were, 2, order=lambda one: one.state),
    Column[TrashView](
        "purged",
        6,
        lambda one, now: Part(age(now - one.moved_ms), "dim"),
        1,
        11,
        right=True,
        order=lambda one: one.moved_ms,
        at=lambda one: one.moved_ms,
    ),
    Column[TrashView]("by", 10, lambda one, _: Part(one.by), 1, 20, order=lambda one: one.by),
    Column[TrashView]("kept for", 8, _left, 1, 11, right=True, order=lambda one: one.until_ms, at=lambda o: o.until_ms),
    Column[TrashView]("why", 12, lambda one, _: Part(one.reason, "dim"), 3, 80, order=lambda one: one.reason),
    Column[TrashView]("bulk", 8, lambda one, _: Part(one.operation, "dim"), 4),
)


class Trash(Listing[TrashView]):
    """Each purge that can be undone, of all queues, the newest first."""

    NAME = "trash"
    FETCH_EVERY = 1.0
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   The trash is empty.", "strong"),),
        (),
        (
            Part("   What is purged is kept here for a day, unless set otherwise; "),
            Part("u", "strong"),
            Part(" puts it back."),
        ),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *on_target(Target.TRASH), FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def columns(self) -> Sequence[Column[TrashView]]:
        """What is told of each."""
        return _COLUMNS

    def key_of(self, row: TrashView) -> str:
        """The bulk that purged it."""
        return row.operation

    async def read(self) -> Sequence[TrashView]:
        """Those of all queues."""
        return await self.room.fleet.observe(trash)

    def row_opened(self, row: TrashView) -> None:
        """The bulk that moved it here."""
        self.room.open(BulkDetail(row.operation))

    def meant(self) -> Sequence[Meant]:
        """What is under the cursor, alone."""
        row = self.table.current
        return (of_trash(row, settled=self.table.settled),) if row else ()

    def hints(self) -> Iterable[Key]:
        """Undo is what one comes here for."""
        others = [key for key in super().hints() if key != UNDO]
        return [UNDO, *others] if self.meant() else others

    def trouble(self, sight: Sight) -> Line:
        """What is soonest gone for good."""
        view = min(self._rows, key=lambda row: row.until_ms, default=None)
        if view is None or sight.view is None or view.until_ms - sight.view.at_ms > _SOON_MS:
            return ()
        left = duration(view.until_ms - sight.view.at_ms)
        return (Part(f" ! {view.jobs:,} jobs of {view.queue} are gone for good in {left}", "warn"),)
