"""One entry of the audit trail, whole: what was asked of whom, why, what came of it, and its hash."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.observe import AuditRow
from arqlight_screens.figures import duration, moment
from arqlight_screens.keymap import LEAVING, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.meant import Meant, of_queue
from arqlight_screens.operating import Operating
from arqlight_screens.pretty import pretty
from arqlight_screens.sight import Sight
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.text_pane import TextPane

CONDITIONS: dict[str, tuple[str, Tone]] = {
    "done": ("✓", "ok"),
    "under way": ("●", "busy"),
    "refused": ("⊘", "warn"),
    "failed": ("✗", "bad"),
    "outcome unknown": ("?", "warn"),
    "unreadable": ("!", "bad"),
}
_LABEL = 12


class AuditEntry(Operating):
    """What was written down, as it was seen in the list."""

    NAME = "entry"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LEAVING)]

    def __init__(self, row: AuditRow) -> None:
        super().__init__()
        self._row = row
        self._pane = TextPane(id="story")

    def body(self) -> Iterable[Widget]:
        """One pane."""
        return (self._pane,)

    def on_mount(self) -> None:
        """Tell it: it does not change any more, but for its end."""
        self._pane.show(list(story(self._row)))

    def crumbs(self, sight: Sight) -> Line:
        """The way here."""
        del sight
        steps = ("audit", self._row.operation.replace("_", "-") or self._row.id)
        return tuple(part for step in steps for part in (Part(" / ", "dim"), Part(step, "strong")))

    def meant(self) -> Sequence[Meant]:
        """The queue that it was about."""
        view = self.room.sight.view
        queue = next((found for name in queues_of(self._row) if view and (found := view.queue(name))), None)
        return of_queue(queue.name, queue) if queue else ()


def queues_of(row: AuditRow) -> tuple[str, ...]:
    """What may be the name of the queue that it was about."""
    match row.told:
        case {"selection": {"queue": str(queue)}} | {"queue": str(queue)}:
            return row.target, queue
        case _:
            return (row.target,)


def story(row: AuditRow) -> Iterator[Line]:
    """All of it, the outcome first."""
    glyph, tone = CONDITIONS.get(row.condition, ("?", "warn"))
    what = f"{row.operation.replace('_', '-')} {row.target}".strip()
    yield (Part(f" {glyph} {row.condition} ", tone), Part(f" {what}", "strong"))
    if row.outcome:
        yield (Part("   "), Part(row.outcome))
    yield ()
    yield _fact("by", f"{row.actor} on {row.host}" if row.host else row.actor)
    yield _fact("why", row.reason or "no reason was given", "plain" if row.reason else "dim")
    yield _fact("asked", moment(row.at_ms, 0))
    if row.ended_ms:
        by = f", told by {row.closed_by}" if row.closed_by and row.closed_by != row.actor else ""
        yield _fact("ended", f"{moment(row.ended_ms, 0)}, after {duration(row.ended_ms - row.at_ms)}{by}")
    yield _fact("changed", f"{row.changed:,}")
    for why, count in row.skipped.items():
        yield _fact("left alone", f"{count:,}: {why}", "warn")
    yield from _asked(row)
    yield ()
    yield _fact("entry", row.id, "dim")
    yield _fact("hash", row.hash, "dim")


def _asked(row: AuditRow) -> Iterator[Line]:
    if row.told:
        yield ()
        yield (Part(" what was asked", "head"),)
        yield from ((Part("   "), Part(line)) for line in pretty(dict(row.told)))


def _fact(label: str, text: str, tone: Tone = "plain") -> Line:
    return (Part(f" {label.ljust(_LABEL)}", "dim"), Part(text, tone))


def said_of(row: AuditRow) -> str:
    """All that it says, in small letters, for a filter."""
    told = json.dumps(dict(row.told), ensure_ascii=False, default=repr)
    words = (row.actor, row.host, row.operation.replace("_", "-"), row.operation, row.target, row.reason, row.outcome)
    return " ".join((*words, row.condition, *row.skipped, told)).casefold()
