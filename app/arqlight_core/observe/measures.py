"""What comes of a queue's minute counters: rates, percentiles, the share of failures, the pace."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.observe.minutes import RUN, WAIT, Minute, percentile_ms, rate, total
from arqlight_core.observe.pace import Pace, pace_of


@dataclass(frozen=True, slots=True)
class Measures:
    """Rates (a second) look back one minute, percentiles and failures as far as the minutes go."""

    in_per_s: float
    out_per_s: float
    failed_share: float | None
    """Of the attempts that ended, how many failed (0 to 1); None without any."""
    wait_p95_ms: float | None
    run_p95_ms: float | None
    history: tuple[int, ...]
    """Jobs ended in each of the minutes, the running one last."""
    pace: Pace
    """What estimates go by."""


def measured(minutes: Sequence[Minute], now_ms: int) -> Measures:
    """The measures at a moment; the running minute comes first."""
    return Measures(
        in_per_s=rate(minutes, "enqueued", now_ms),
        out_per_s=rate(minutes, "completed", now_ms) + rate(minutes, "dead", now_ms),
        failed_share=_failed_share(minutes),
        wait_p95_ms=percentile_ms(minutes, WAIT, 0.95),
        run_p95_ms=percentile_ms(minutes, RUN, 0.95),
        history=tuple(minute.of("completed") + minute.of("dead") for minute in reversed(minutes)),
        pace=pace_of(minutes, now_ms),
    )


def _failed_share(minutes: Sequence[Minute]) -> float | None:
    failed = total(minutes, "dead") + total(minutes, "retried")
    ended = failed + total(minutes, "completed")
    return failed / ended if ended else None
