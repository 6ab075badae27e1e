"""One bulk operation, whole and live: which jobs, what is done to them and how fast, and why some were left alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import BulkView, bulk
from arqlight_core.operations import Target
from arqlight_screens.blast import trial
from arqlight_screens.bulk_columns import STATES, share_of
from arqlight_screens.figures import age, bar, duration, moment, rate
from arqlight_screens.keymap import LEAVING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.meant import Meant, of_bulk, of_queue
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import on_target
from arqlight_screens.pretty import pretty
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.text_pane import TextPane

_BAR = 40
_LABEL = 12


class BulkDetail(Operating):
    """The story of one bulk; it goes on being told until a week after its end."""

    NAME = "bulk"
    KEYS: ClassVar[tuple[Key, ...]] = on_target(Target.BULK)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self, bulk_id: str) -> None:
        super().__init__()
        self._bulk_id = bulk_id
        self._bulk: BulkView | None = None
        self._pane = TextPane(id="story")

    def body(self) -> Iterable[Widget]:
        """One pane."""
        return (self._pane,)

    async def fetch(self) -> None:
        """Read it again."""
        self._bulk = view = await self.room.fleet.observe(bulk, self._bulk_id)
        self._pane.show(list(story(view)))
        self.note(())
        self.see_status(self.room.sight)

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        return tuple(part for step in ("bulks", self._bulk_id) for part in (Part(" / ", "dim"), Part(step, "strong")))

    def meant(self) -> Sequence[Meant]:
        """This bulk, and its queue."""
        if self._bulk is None:
            return ()
        view = self.room.sight.view
        queue = self._bulk.queue
        return (of_bulk(self._bulk), *of_queue(queue, view.queue(queue) if view else None))


def story(view: BulkView) -> Iterator[Line]:
    """All that is known, the most wanted first."""
    yield from _progress(view)
    yield ()
    yield from _facts(view)
    yield from _left(view)
    yield from _order(view.order)


def _progress(view: BulkView) -> Iterator[Line]:
    glyph, tone = STATES.get(view.state, ("?", "plain"))
    note = f"  {view.note}" if view.note else ""
    yield (
        Part(f" {glyph} {view.state} ", tone),
        Part(f" {view.operation} {view.selection}", "strong"),
        Part(note, tone),
    )
    done, rest = bar(share_of(view), _BAR)
    speed = f"  {rate(view.rate)} a second" if view.rate else ""
    to_go = f", {duration(view.eta_ms)} to go" if view.eta_ms is not None else ""
    yield (
        Part("   "),
        Part(done, tone),
        Part(rest, "dim"),
        Part(f"  {view.seen:,} of {view.total:,}", "strong"),
        Part(f"{speed}{to_go}", "dim"),
    )


def _facts(view: BulkView) -> Iterator[Line]:
    yield _fact("queue", view.queue)
    yield _fact("by", view.by)
    yield _fact("why", view.reason or "no reason was given", "plain" if view.reason else "dim")
    yield _fact("asked", _ago(view.asked_ms, view.at_ms))
    if view.begun_ms:
        yield _fact("begun", _ago(view.begun_ms, view.at_ms))
    if view.ended_ms:
        took = f", after {duration(view.ended_ms - view.begun_ms)}" if view.begun_ms else ""
        yield _fact("ended", f"{_ago(view.ended_ms, view.at_ms)}{took}")
    if view.owner and not view.is_over:
        yield _fact("carried by", view.owner)


def _left(view: BulkView) -> Iterator[Line]:
    yield ()
    yield _fact("changed", f"{view.changed:,}", "ok" if view.changed else "dim")
    for why, count in sorted(view.left.items(), key=lambda pair: -pair[1]):
        yield _fact("left alone", f"{count:,}: {why}", "warn")


def _order(order: Mapping[str, Any]) -> Iterator[Line]:
    selection, pace = order.get("selection", {}), order.get("pace", {})
    yield ()
    yield _fact("pace", f"{pace['per_second']:g} a second" if pace.get("per_second") else "as fast as the server bears")
    if pace.get("canary"):
        yield _fact("trial", trial(pace["canary"], pace.get("abort_above")))
    if selection.get("moment_ms"):
        yield _fact("as of", f"{moment(selection['moment_ms'], selection['moment_ms'])}; what came later is not meant")
    told = {name: value for name, value in order.items() if name != "pace"}
    if told:
        yield ()
        yield (Part(" order", "head"),)
        yield from ((Part("   "), Part(line)) for line in pretty(told))


def _fact(label: str, text: str, tone: Any = "plain") -> Line:
    return (Part(f" {label.ljust(_LABEL)}", "dim"), Part(text, tone))


def _ago(moment_ms: int, now_ms: int) -> str:
    return f"{moment(moment_ms, now_ms)}, {age(now_ms - moment_ms)} ago"
