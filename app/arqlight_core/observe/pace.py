"""How fast a queue moves, from its minute counters: what comes, what is claimed, what ends, how long a run takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from arqlight_core.observe.minutes import BOUNDS_MS, RUN, WAIT, Minute

ENDS = ("completed", "dead", "cancelled")


@dataclass(frozen=True, slots=True)
class Pace:
    """Jobs a second over the last `over_s` seconds; `run_ms` is the mean of the runs that completed, None without."""

    over_s: float = 0.0
    in_per_s: float = 0.0
    claimed_per_s: float = 0.0
    out_per_s: float = 0.0
    """Ended for good: completed, dead or cancelled."""
    run_ms: float | None = None

    @property
    def basis(self) -> str:
        """What it was measured over, in words."""
        minutes = max(1, round(self.over_s / 60))
        return "the last minute" if minutes == 1 else f"the last {minutes} minutes"


STILL = Pace()


def pace_of(minutes: Sequence[Minute], now_ms: int) -> Pace:
    """The pace over the last sixty seconds; over all these minutes when nothing ended in those. Claims go by their own.

    `minutes` are the running one and those before it, newest first; of the oldest that still counts only what lies
    within the span is taken.
    """
    gone = (now_ms % 60_000) / 60_000
    told = [_over(minutes[:2], gone)]
    if not (told[0].out_per_s and told[0].claimed_per_s):
        told.append(_over(minutes, gone))
    claimed = next((pace.claimed_per_s for pace in told if pace.claimed_per_s), 0.0)
    return replace(next((pace for pace in told if pace.out_per_s), told[-1]), claimed_per_s=claimed)


def _over(minutes: Sequence[Minute], gone: float) -> Pace:
    weights = [1.0] * (len(minutes) - 1) + [1 - gone]
    seconds = 60.0 * (len(minutes) - 1)

    def per_s(told: Callable[[Minute], int]) -> float:
        return sum(told(minute) * weight for minute, weight in zip(minutes, weights, strict=True)) / seconds

    came, claimed = per_s(lambda minute: minute.of("enqueued")), per_s(lambda minute: sum(minute.bins(WAIT)))
    return Pace(seconds, came, claimed, per_s(lambda minute: sum(map(minute.of, ENDS))), _mean_run_ms(minutes))


def _mean_run_ms(minutes: Sequence[Minute]) -> float | None:
    """The mean of the histogram's bins, each taken at its middle."""
    bins = list(map(sum, zip(*(minute.bins(RUN) for minute in minutes), strict=True)))
    edges = (0, *BOUNDS_MS, BOUNDS_MS[-1] * 2)
    middles = ((low + high) / 2 for low, high in pairwise(edges))
    runs = sum(bins)
    return sum(count * middle for count, middle in zip(bins, middles, strict=True)) / runs if runs else None
