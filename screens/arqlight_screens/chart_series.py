"""The series of the charts, out of what `observe.metrics` tells: the smallest first, as areas are drawn."""

from collections.abc import Sequence

from arqlight_core.observe import Metrics, Percentiles, Point
from arqlight_screens.figures import NOTHING, count, duration, rate
from arqlight_screens.widgets.chart import Plotted

_FAILED = ("dead", "retried")


def throughput(told: Metrics) -> Sequence[Plotted]:
    """Failed attempts, and upon them those that completed; a second."""
    failed = [_per_second(told, point, sum(point.counts.get(name, 0) for name in _FAILED)) for point in told.points]
    done = [_per_second(told, point, point.counts.get("completed", 0)) for point in told.points]
    ended = [some + more for some, more in zip(failed, done, strict=True)]
    return (
        Plotted("failed", "bad", failed, _spoken(_last(failed))),
        Plotted("completed", "ok", ended, _spoken(_last(done))),
    )


def waits(told: Metrics) -> Sequence[Plotted]:
    """How long half, 95 % and 99 % of the jobs waited at most (ms)."""
    return _percentiles([point.wait for point in told.points], told.whole.wait)


def runs(told: Metrics) -> Sequence[Plotted]:
    """How long half, 95 % and 99 % of the jobs ran at most (ms)."""
    return _percentiles([point.run for point in told.points], told.whole.run)


def _percentiles(steps: Sequence[Percentiles], whole: Percentiles) -> Sequence[Plotted]:
    return (
        Plotted("p50", "ok", [one.p50_ms for one in steps], duration(whole.p50_ms)),
        Plotted("p95", "busy", [one.p95_ms for one in steps], duration(whole.p95_ms)),
        Plotted("p99", "dim", [one.p99_ms for one in steps], duration(whole.p99_ms)),
    )


def depth(told: Metrics) -> Sequence[Plotted]:
    """How many jobs ran, and upon them how many were due."""
    active = [point.active for point in told.points]
    both = [_sum(point.active, point.waiting) for point in told.points]
    now = told.points[-1] if told.points[-1].waiting is not None or len(told.points) == 1 else told.points[-2]
    return (
        Plotted("active", "busy", active, _counted(now.active)),
        Plotted("waiting", "plain", both, _counted(now.waiting)),
    )


def _per_second(told: Metrics, point: Point, number: int) -> float:
    """The running step has not had its whole time yet."""
    return number / max(1.0, min(told.step_ms, told.at_ms - point.at_ms) / 1000)


def _spoken(per_second: float) -> str:
    return f"{rate(per_second)}/s" if per_second else NOTHING


def _last(values: Sequence[float]) -> float:
    """The newest whole step."""
    return values[-2] if len(values) > 1 else values[-1]


def _sum(some: float | None, more: float | None) -> float | None:
    return None if some is None and more is None else (some or 0.0) + (more or 0.0)


def _counted(number: float | None) -> str:
    return "not known" if number is None else count(round(number))
