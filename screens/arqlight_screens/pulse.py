"""The fleet's pulse: what it has done over an hour, what failed of it, and how busy its workers are."""

from collections.abc import Sequence

from arqlight_core.jobs import State
from arqlight_core.observe import FleetView, PastHour
from arqlight_screens.figures import bar, columns_of, count, grouped, rate, share
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone

TALL, TALLER = 30, 40
"""From how many rows of the terminal on there are several lines, and a sparkline of two."""
_LOW = 16
"""Below that the table needs every row."""
_WIDE = 120
_BAR = 20


def pulse(view: FleetView, hour: PastHour | None, width: int, height: int) -> Sequence[Line]:
    """As many lines as a terminal of this size has room for."""
    if height < _LOW or not view.queues:
        return ()
    cells = 60 if width >= _WIDE else 30 if height >= TALL else 20
    known = hour or PastHour(0)  # as many lines before it is read, so that the table does not move
    return _several(view, known, cells, height) if height >= TALL else (_single(view, known, cells),)


def _single(view: FleetView, hour: PastHour, cells: int) -> Line:
    busy, places = _places(view)
    return (
        Part(" done ", "dim"),
        _spark(hour.completed, cells, "busy"),
        Part(f" {_pace(view)}"),
        Part("  failed ", "dim"),
        _spark(hour.failed, cells, "bad"),
        Part(f" {share(hour.failed_share)}", "bad" if sum(hour.failed) else "dim"),
        Part(f"  {count(busy)}/{count(places)} busy", "dim"),
    )


def _several(view: FleetView, hour: PastHour, cells: int, height: int) -> Sequence[Line]:
    done, failed = sum(hour.completed), sum(hour.failed)
    *upper, lowest = _drawn(hour.completed, cells, 2 if height >= TALLER else 1)
    best = max(hour.completed, default=0)
    told = f"  {count(done)} in an hour, {count(best)} in its best minute" if best else ""
    of_all = f"  {count(failed)} in an hour, {share(hour.failed_share)} of all attempts" if done + failed else ""
    return (
        *((Part("         "), Part(row, "busy")) for row in upper),
        (Part(" done    ", "dim"), Part(lowest, "busy"), Part(f"  {_pace(view)}".ljust(8)), Part(told, "dim")),
        (Part(" failed  ", "dim"), _spark(hour.failed, cells, "bad"), Part(" " * 8), Part(of_all, "dim")),
        _workers(view),
    )


def _workers(view: FleetView) -> Line:
    busy, places = _places(view)
    done, rest = bar(busy / places if places else 0.0, _BAR)
    quiet = sum(worker.state != "running" for worker in view.workers)
    alive = f"  {len(view.workers)} alive" + (f", {quiet} quiet" if quiet else "")
    return (
        Part(" workers ", "dim"),
        Part(done, "busy"),
        Part(rest, "dim"),
        Part(f"  {count(busy)} of {count(places)} places busy"),
        Part(alive, "bad" if not view.workers else "warn" if quiet else "dim"),
    )


def _spark(values: Sequence[int], cells: int, tone: Tone) -> Part:
    [row] = _drawn(values, cells, 1)
    return Part(row, tone)


def _drawn(values: Sequence[int], cells: int, rows: int) -> list[str]:
    return [row.rjust(cells) for row in columns_of(grouped(values, cells), rows)]


def _pace(view: FleetView) -> str:
    per_s = sum(queue.out_per_s for queue in view.queues)
    return f"{rate(per_s) if per_s else 0}/s"


def _places(view: FleetView) -> tuple[int, int]:
    """Jobs that run, and how many could."""
    return sum(queue.counts[State.ACTIVE] for queue in view.queues), sum(queue.slots for queue in view.queues)
