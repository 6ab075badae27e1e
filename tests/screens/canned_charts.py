"""An hour of canned measurements: a slow wave of jobs, failures at its end, and a while in which nobody measured."""

from typing import Any

from arqlight_core.observe import AuditRow, AuditView, Event, Metrics, Percentiles, Point
from tests.screens.canned import NOW

MINUTE = 60_000
BINS = (0, 0, 3, 20, 80, 150, 300, 420, 500, 320, 100, 40, 10, 4, 0, 0, 0, 0, 0, 0)


def point(place: int, many: int) -> Point:
    wave = abs(place % 40 - 20)
    failed = max(0, place - many + 12) * 9
    counts = {"completed": 200 + 15 * wave, "dead": failed // 4, "retried": failed, "enqueued": 300}
    measured = not 10 < place < 14
    return Point(
        NOW - (many - 1 - place) * MINUTE,
        counts,
        Percentiles(40.0, 120.0 + 20 * wave, 900.0),
        Percentiles(30.0, 200.0 + 5 * wave, 500.0),
        waiting=90.0 * wave if measured else None,
        active=20.0 if measured else None,
    )


def an_hour() -> Metrics:
    points = tuple(point(place, 60) for place in range(60))
    return Metrics(NOW + MINUTE // 2, "", "", MINUTE, points, points[5], BINS, (*BINS[:-3], 9, 1, 0))


def nothing() -> Metrics:
    none = Percentiles(None, None, None)
    points = tuple(Point(NOW - (59 - place) * MINUTE, {}, none, none) for place in range(60))
    return Metrics(NOW, "", "", MINUTE, points, points[0], (0,) * 20, (0,) * 20)


def told(measured: Metrics) -> dict[str, Any]:
    """What the charts ask for."""
    paused = AuditRow("1", NOW - 25 * MINUTE, "1", "done", "anna", "h", "pause", "billing:validation", reason="tariffs")
    refused = AuditRow("2", NOW - 20 * MINUTE, "2", "refused", "bob", "h", "purge", "crm:message")
    moment = NOW - 15 * MINUTE
    tripped = Event(f"{moment}-0", moment, "crm:message", "breaker", {"to": "open", "why": "5 jobs in a row failed"})
    return {"metrics": measured, "audit": AuditView(NOW, (paused, refused)), "events_of": (tripped,)}
