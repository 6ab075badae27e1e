"""What the queues have done in a week: as numbers, as text for people, as CSV for programs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from arqlight_core.jobs import State
from arqlight_core.policy import DAY

if TYPE_CHECKING:
    from arqlight_core.observe import Metrics
    from arqlight_core.store.gateway import Store

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class QueueWeek:
    """One queue's week. Durations in ms, None without jobs; the average is as exact as the histogram's bins."""

    queue: str
    processed: int
    """Jobs that ended: completed or dead."""
    failed: int
    """Those that died."""
    retried: int
    """Attempts that failed and were made again."""
    success_rate: float | None
    average_ms: float | None
    p95_ms: float | None
    dead_letters: int
    """That are kept now."""
    breaker_openings: int


async def week_of(store: "Store", openings_before: Mapping[str, int]) -> tuple[list[QueueWeek], dict[str, int]]:
    """Each queue's week, and how often each breaker has opened in all; `openings_before` is that of the last report."""
    from arqlight_core.observe import breakers, fleet, metrics  # noqa: PLC0415 - they load redis

    openings = {one.name: one.trips for one in await breakers(store) if one.kind == "queue"}
    rows: list[QueueWeek] = []
    for queue in (await fleet(store)).queues:
        told = await metrics(store, queue.name, span=WEEK)
        opened = openings.get(queue.name, 0) - openings_before.get(queue.name, 0)
        rows.append(_row(queue.name, told, queue.counts[State.DEAD], max(0, opened)))
    return rows, openings


def _row(queue: str, told: "Metrics", dead_letters: int, openings: int) -> QueueWeek:
    counts = told.whole.counts
    completed, died = counts.get("completed", 0), counts.get("dead", 0)
    processed = completed + died
    return QueueWeek(
        queue=queue,
        processed=processed,
        failed=died,
        retried=counts.get("retried", 0),
        success_rate=completed / processed if processed else None,
        average_ms=_average(told.run_bins),
        p95_ms=told.whole.run.p95_ms,
        dead_letters=dead_letters,
        breaker_openings=openings,
    )


def _average(bins: Sequence[int]) -> float | None:
    """The average of a histogram: each job counts with the middle of its bin."""
    from arqlight_core.observe.minutes import BOUNDS_MS  # noqa: PLC0415 - its package loads redis

    edges = (0, *BOUNDS_MS, 2 * BOUNDS_MS[-1])
    many = sum(bins)
    weighted = sum(count * (low + high) / 2 for count, (low, high) in zip(bins, pairwise(edges), strict=True))
    return weighted / many if many else None


# ------------------------------------------------------------------ told


def as_csv(rows: Iterable[QueueWeek]) -> str:
    """A line for each queue, behind a header."""
    written = io.StringIO()
    writer = csv.DictWriter(written, [one.name for one in fields(QueueWeek)])
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in asdict(row).items()})
    return written.getvalue()


def as_text(rows: Sequence[QueueWeek]) -> str:
    """A line for each queue that did something, and one for those that did nothing."""
    busy = [row for row in rows if row.processed or row.retried or row.dead_letters or row.breaker_openings]
    lines = [_line(row) for row in sorted(busy, key=lambda row: -row.processed)]
    idle = len(rows) - len(busy)
    return "\n".join([*lines, *([f"{idle} queue{'' if idle == 1 else 's'} had nothing to do."] if idle else [])])


def _line(row: QueueWeek) -> str:
    told = [f"{row.queue}: {row.processed:,} done", f"{row.failed:,} failed"]
    if row.success_rate is not None:
        told.append(f"{row.success_rate:.1%} well")
    if row.average_ms is not None and row.p95_ms is not None:
        told.append(f"{_spoken(row.average_ms)} on average, 95 % within {_spoken(row.p95_ms)}")
    if row.dead_letters:
        told.append(f"{row.dead_letters:,} dead letters")
    if row.breaker_openings:
        told.append(f"breaker opened {row.breaker_openings} times")
    return ", ".join(told)


def _spoken(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"  # noqa: PLR2004 - a second


def _cell(value: Any) -> Any:
    return "" if value is None else round(value, 4) if isinstance(value, float) else value
