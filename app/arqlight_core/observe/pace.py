"""How fast a queue moves, from its minute counters: what comes, what is claimed, what ends, how long a run takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from arqlight_core.observe.minutes import Minute


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
    newest = _over(minutes[:2], gone)
    if newest.out_per_s and newest.claimed_per_s:
        return newest
    longest = _over(minutes, gone)
    told = newest if newest.out_per_s else longest
    return replace(told, claimed_per_s=newest.claimed_per_s or longest.claimed_per_s)


def _over(minutes: Sequence[Minute], gone: float) -> Pace:
    """The pace over all of these but the part of the oldest that has gone by."""
    *newer, oldest = minutes
    left, seconds = 1 - gone, 60.0 * len(newer)

    def per_s(told: Callable[[Minute], int]) -> float:
        return (sum(map(told, newer)) + told(oldest) * left) / seconds

    runs, ran_ms = sum(one.runs for one in minutes), sum(one.ran_ms for one in minutes)
    return Pace(seconds, per_s(_came), per_s(_claimed), per_s(_ended), ran_ms / runs if runs else None)


def _came(minute: Minute) -> int:
    return minute.of("enqueued")


def _claimed(minute: Minute) -> int:
    return minute.claimed


def _ended(minute: Minute) -> int:
    """Ended for good."""
    return minute.of("completed") + minute.of("dead") + minute.of("cancelled")
