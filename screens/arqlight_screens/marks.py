"""What happened beside the work, put on the time axis of charts: operators' actions, breakers, starts of workers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arqlight_core.observe import AuditRow, Event, WorkerView
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened, when (ms), and how it is drawn. Of marks in one place the gravest is seen."""

    at_ms: int
    glyph: str
    text: str
    tone: Tone
    gravity: int


def marks_of(audit: Iterable[AuditRow], turns: Iterable[Event], workers: Iterable[WorkerView]) -> list[Mark]:
    """Everything that deserves a mark, the oldest first."""
    found = [
        *(_of_operation(row) for row in audit if row.condition == "done"),
        *map(_of_breaker, turns),
        *(Mark(one.started_ms, "▲", f"worker {one.id} of version {one.version} started", "busy", 3) for one in workers),
    ]
    return sorted(found, key=lambda mark: mark.at_ms)


def _of_operation(row: AuditRow) -> Mark:
    glyph = {"pause": "■", "resume": "▶"}.get(row.operation, "◆")
    why = f": {row.reason}" if row.reason else ""
    return Mark(row.at_ms, glyph, f"{row.operation} {row.target} by {row.actor}{why}", "warn", 2)


def _of_breaker(event: Event) -> Mark:
    told = " ".join(f"{name} {value}" for name, value in event.told.items())
    return Mark(event.at_ms, "⊗", f"breaker of {event.queue}: {told}", "bad", 1)


def axis_of(marks: Sequence[Mark], first_ms: int, last_ms: int, width: int, chosen: Mark | None) -> Line:
    """One line on which each mark within the time stands in its place; the chosen one stands out."""
    span = max(1, last_ms - first_ms)
    cells: dict[int, Mark] = {}
    for mark in sorted(marks, key=lambda one: (one is chosen, -one.gravity)):
        if first_ms <= mark.at_ms <= last_ms:
            cells[min(width - 1, (mark.at_ms - first_ms) * width // span)] = mark
    return tuple(_cell(cells.get(place), chosen) for place in range(width))


def _cell(mark: Mark | None, chosen: Mark | None) -> Part:
    if mark is None:
        return Part(" ")
    return Part(mark.glyph, "chosen" if mark is chosen else mark.tone)
