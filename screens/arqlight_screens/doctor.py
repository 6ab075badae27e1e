"""What is wrong with server and fleet, and how to mend it: the wrong ones first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import Finding, doctor
from arqlight_screens.columns import Column
from arqlight_screens.findings import told
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.queue_jobs import QueueJobs, first_tab
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane, wrapped
from arqlight_screens.worker_detail import WorkerDetail

_PRESCRIPTION = 4


def _mark(finding: Finding, _now: int) -> Part:
    return Part(finding.mark, "bad" if finding.wrong else "ok")


COLUMNS = (
    Column[Finding]("", 1, _mark),
    Column[Finding]("check", 15, lambda one, _: Part(one.check), 2, order=lambda one: one.check),
    Column[Finding]("found", 30, lambda one, _: Part(one.found, "strong" if one.wrong else "plain"), 1, 90),
    Column[Finding]("what to do", 24, lambda one, _: Part(one.remedy), 1, 110),
)


class Doctor(Listing[Finding]):
    """Every finding; the one under the cursor stands above them in full."""

    NAME = "doctor"
    AUTO_FOCUS = "LineTable"
    FETCH_EVERY = 10.0
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        Key("R", "examine", "examine", "examine server and fleet again, now", hinted=True),
        FILTERING,
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._prescription = TextPane(id="prescription")
        self._prescription.can_focus = False
        self._prescription.styles.height = _PRESCRIPTION

    def body(self) -> Iterable[Widget]:
        """What to do about one, and all of them."""
        return (self._prescription, self.table)

    def columns(self) -> Sequence[Column[Finding]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: Finding) -> str:
        """A check of the server by its name; of several findings about one queue, each by its remedy."""
        return f"{row.check} {row.about} {row.remedy}" if row.about else row.check

    async def read(self) -> Sequence[Finding]:
        """Examine; the wrong ones come first, each kind in the order in which they matter."""
        return sorted(await self.room.fleet.observe(doctor), key=lambda one: not one.wrong)

    def see_status(self, sight: Sight) -> None:
        """The lines above tell of the row under the cursor."""
        super().see_status(sight)
        row = self.table.current
        self._prescription.show(_prescription(row, self._prescription.room_for_text) if row else ())

    def trouble(self, sight: Sight) -> Line:
        """How many are wrong."""
        del sight
        wrong = sum(one.wrong for one in self._rows)
        if not self._rows:
            return ()
        if not wrong:
            return (Part(f" ✓ all of {len(self._rows)} checks are well", "ok"),)
        return (Part(f" ✗ {wrong} of {len(self._rows)} checks found something wrong", "bad"),)

    def row_opened(self, row: Finding) -> None:
        """Where it can be mended: the queue, the worker, or the server's page."""
        view = self.room.sight.view
        queue = view.queue(row.about) if view and row.check == "queue" else None
        if queue is not None:
            self.room.open(QueueJobs(queue.name, first_tab(queue)))
        elif row.check == "worker":
            self.room.open(WorkerDetail(row.about))
        else:
            self.room.go({"queues": "queues", "workers": "workers"}.get(row.check, "server"))

    def action_examine(self) -> None:
        """Ask again, whenever it was asked last."""
        self.run_worker(self.refetch(), group="fetch")


def _prescription(finding: Finding, width: int) -> Sequence[Line]:
    """What was found and what to do, each on two lines at most: a long finding does not hide its remedy."""
    if not finding.wrong:
        return ((), (Part(" ✓ ", "ok"), Part(told(finding))), (Part("   nothing to do", "dim"),))
    found = (Part(" ✗ ", "bad"), Part(told(finding), "strong"))
    lines = [piece for line in (found, (Part(" → "), Part(finding.remedy))) for piece in wrapped(line, width)[:2]]
    return lines if len(lines) >= _PRESCRIPTION else [(), *lines]
