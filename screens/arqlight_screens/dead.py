"""Dead letters of all queues in one list, the newest first; keys act on one, on those that are marked, or on all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
from textual import on
from textual.binding import BindingType

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import DeadLetter, DeadLetters, dead_letters, rows
from arqlight_core.operations import Selection, Target
from arqlight_screens.arrangement import sorted_rows
from arqlight_screens.columns import Column
from arqlight_screens.dead_columns import LETTERS
from arqlight_screens.figures import age, count
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.job_query import Query, query_of
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing, RowTable
from arqlight_screens.marked_jobs import Marks
from arqlight_screens.meant import Meant, of_job, of_jobs, of_queue
from arqlight_screens.operation_keys import on_job, on_queue, on_tab
from arqlight_screens.queue_jobs import MARKING, MARKS_KEPT
from arqlight_screens.rows import Listed
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_table import LineTable

STEP = 200
"""Letters that are read at first, and so many more whenever the cursor comes near the last of them."""
MOST = 1_000
"""Letters that are read at most: a filter finds what lies further back."""
_NEAR = 20
_FILTERING = replace(
    FILTERING, help="only what matches: text, queue: type: err: cause: fp: age:>1h flow: or any field: of payloads"
)


class LetterTable(RowTable[DeadLetter]):
    """The letters; what is marked says so before its first column."""

    LEAD: ClassVar[int] = 2
    marked: frozenset[str] | None = frozenset()
    """The keys of the marked ones; None: all of them are."""

    def lead(self, row: DeadLetter | None, *, cursor: bool) -> Line:
        """Whether the letter is marked, and the cursor."""
        is_marked = row is not None and (self.marked is None or row.row.id in self.marked)
        return (Part("◆" if is_marked else " ", "warn"), *super().lead(row, cursor=cursor))


class Dead(Listing[DeadLetter]):
    """The newest dead letters, as far as the filter lets them through."""

    NAME = "dead"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   ✓ There are no dead letters.", "ok"),),
        (),
        (Part("   A job that has failed for good stands here, whichever queue it is of:", "dim"),),
        (Part("   with its payload, every error, and the id by which its effects are known.", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*on_job(), *on_tab(), *OPENING, _FILTERING, *MARKING, *on_queue())
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 3.0

    def __init__(self) -> None:
        super().__init__()
        self.letters = LetterTable(LETTERS, self.key_of, id="rows")
        self.table = self.letters
        self._page: DeadLetters | None = None
        self._wanted = STEP
        self._marks = Marks("", State.DEAD)
        self._homes: dict[str, str] = {}

    def on_mount(self) -> None:
        """Say what can be asked for."""
        self._filter.placeholder = "text  queue:  type:  err:  cause:  age:>1h  tenant:acme"

    def columns(self) -> Sequence[Column[DeadLetter]]:
        """What is told of each."""
        return LETTERS

    def key_of(self, row: DeadLetter) -> str:
        """An id of a stock producer's is a job's own only within its queue."""
        return f"{row.queue}\n{row.row.id}"

    # ------------------------------------------------------------------ what is seen

    @property
    def typed(self) -> str:
        """What is asked for in the filter's line."""
        return self._filter.value.strip()

    def _asked(self, moment_ms: int = 0) -> Selection:
        """All that match, as they stood at a moment. Raises UsageError."""
        query = query_of(self.typed)
        told: dict[str, Any] = {**query.filters, **({"text": query.job_id} if query.job_id else {})}
        where = dict(told.pop("where", {}))
        queue = where.pop("queue", "")
        told |= {"where": where} if where else {}
        return Selection(queue, State.DEAD, everything=not told, moment_ms=moment_ms, **told)

    async def read(self) -> Sequence[DeadLetter]:
        """Those that match, as far as the cursor has come."""
        typed = self.typed
        page = await self.room.fleet.observe(dead_letters, self._asked(), "", self._wanted)
        if typed != self.typed:
            return self._rows  # others are being read
        self._page = page
        return page.letters

    async def fetch(self) -> None:
        """Read again, and say how far one looked."""
        await super().fetch()
        await self._look_after_marks()
        self._tell()

    async def _look_after_marks(self) -> None:
        """A mark goes with its letter: those that are not dead any more are marked no more."""
        asked: dict[str, list[str]] = {}
        for one in self._marks.ids[:MARKS_KEPT]:
            asked.setdefault(self._homes[one], []).append(one)
        for queue, ids in asked.items():
            found = await self.room.fleet.observe(rows, queue, State.DEAD, ids)
            self._marks.forget(set(ids) - {row.id for row in found.rows})

    def matching(self) -> Sequence[DeadLetter]:
        """All that was read, in the wanted order: the server was asked for what matches."""
        return sorted_rows(self._rows, self.columns(), self.arrangement)

    def show_rows(self) -> None:
        """Draw the letters, and what could not be read leave said."""
        self.table.placeholder = self._instead()
        self.table.show_columns(self.as_wanted(self.columns()))
        self.table.show(Listed(self.matching(), self.key_of), self.now_ms)
        if not self._unable:
            self._tell()

    def _instead(self) -> Sequence[Line]:
        if self._read and self.typed:
            return (), (Part("   none of those that were looked at match", "dim"),)
        return super()._instead()

    def _tell(self) -> None:
        """Say what is marked, and how far one looked."""
        self.letters.marked = None if self._marks.is_all else frozenset(self._marks.ids)
        self.letters.repaint()
        looked = self._looked()
        between = (Part(" ·", "dim"),) if self._marks and looked else ()
        self.note((*self._marks.line, *between, *looked))

    def _looked(self) -> Line:
        page = self._page
        if page is None or self._marks.is_all:
            return ()
        if self.typed:
            told = f" filter: {len(page.letters):,} match of the newest {page.looked:,}, {page.total:,} in all"
            more = " · ^r and X mean all that match" if page.cursor else ""
            return Part(told, "warn"), Part(more, "dim")
        return (Part(f" the newest {len(page.letters):,} of {page.total:,}", "dim"),) if page.cursor else ()

    @on(LineTable.Looked)
    def read_on(self) -> None:
        """Near the last letter, more of them are read."""
        page = self._page
        is_near = self.table.cursor >= len(self._rows) - _NEAR
        if page and page.cursor and is_near and len(page.letters) == self._wanted < MOST:
            self._wanted += STEP
            self.run_worker(self.refetch(), group="fetch")

    def row_opened(self, row: DeadLetter) -> None:
        """Show the job."""
        self.room.open(JobDetail(row.queue, row.row.id))

    def crumbs(self, sight: Sight) -> Line:
        """How many there are."""
        told = f"  {count(self._page.total)}" if self._page else ""
        return (*super().crumbs(sight)[:2], Part(told, "dim"))

    def trouble(self, sight: Sight) -> Line:
        """In how many queues, and since when there is no newer one."""
        if sight.view is None or not self._page or not self._page.total:
            return ()
        queues = sum(1 for queue in sight.view.queues if queue.counts[State.DEAD])
        newest = max((row.row.moment_ms for row in self._rows), default=0)
        since = f", the newest {age(sight.view.at_ms - newest)} ago" if newest and not self.typed else ""
        where = f" in {queues} queue{'' if queues == 1 else 's'}" if queues else ""
        told = f" ✗ failed for good{where}{since}"
        return (Part(told, "bad"), Part("  2 groups them by what went wrong", "dim"))

    # ------------------------------------------------------------------ what a key acts upon

    def hints(self) -> Iterable[Key]:
        """The keys that fit; those of jobs act on the marked ones while there are any."""
        return self._marks.hints(super().hints())

    def meant(self) -> Sequence[Meant]:
        """The marked letters, else that under the cursor; all that match, once they were seen; the queue."""
        row, marked, view = self.table.current, self._marked(), self.room.sight.view
        every = marked or (self._every() if self._rows else None)
        one = of_jobs(marked) if marked else None
        if one is None and row is not None:
            one = of_job(row.queue, row.row.id, State.DEAD, settled=self.table.settled)
        jobs = (*((one,) if one else ()), *((of_jobs(every, every=True),) if every else ()))
        queue = of_queue(row.queue, view.queue(row.queue) if view else None, settled=self.table.settled) if row else ()
        return (*jobs, *(one for one in queue if one.target != Target.TRASH))  # a purge here is undone as a whole

    def without_any(self) -> str:
        """An empty list, or one that was not read yet."""
        return super().without_any() if not self._read else "There are no such dead letters."

    def _every(self) -> Selection | None:
        try:
            return self._asked(self._page.at_ms) if self._page else None
        except UsageError:
            return None

    def _marked(self) -> Selection | None:
        """What is marked; where it is of one queue, it says so: an id of a stock producer's names none."""
        selection = self._marks.selection
        if selection is None or not selection.ids:
            return selection
        homes = {self._homes[one] for one in selection.ids}
        return msgspec.structs.replace(selection, queue=homes.pop()) if len(homes) == 1 else selection

    def action_mark(self) -> None:
        """Mark the letter under the cursor, or no longer, and go on."""
        row = self.table.current
        if self._marks.is_all:
            self.room.tell("All that match are marked already; esc clears the marks.")
        elif row is not None:
            self._marks.toggle(row.row.id)
            self._homes[row.row.id] = row.queue
            self.table.action_move(1)
            self._show_marks()

    def action_mark_all(self) -> None:
        """Mark all that match, as they stood when they were seen."""
        every, page = self._every(), self._page
        if every is None or page is None or not self._rows:
            self.room.tell("There are no dead letters to be marked.", failed=True)
            return
        told = f"all dead letters matching {self.typed}" if self.typed else f"all {page.total:,} dead letters"
        self._marks.take_all(every, Query(), told)
        self._show_marks()

    def _show_marks(self) -> None:
        self._tell()
        self.see_status(self.room.sight)

    def action_back(self) -> None:
        """One step back: marks are cleared first, then the filter is dropped."""
        if self._marks:
            self._marks = Marks("", State.DEAD)
            self._show_marks()
        else:
            super().action_back()
