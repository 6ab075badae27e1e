"""When a schedule ticks, and which ticks to run now: pure decisions; moments are ms since the epoch.

cronsim reads the expression and finds what clocks on the wall will show; which moments these are is decided here, as
Debian's cron does: a fixed time that does not exist runs once, at the end of the gap; one that exists twice runs once,
the first time; `*` and `*/n` in minutes or hours follow the clock through both. cronsim in a time zone has the same
rules, but loses ticks where clocks shift by half an hour. croniter, tried beside it, runs a fixed time of the repeated
hour twice, adds a tick in the gap to `0 */2 * * *`, and reads `5-1`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import assert_never
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from arqlight_core.clock import from_ms
from arqlight_core.policy import MINUTE, SECOND, CatchUp, Schedule

FIELDS = 5
"""Minute, hour, day of the month, month, day of the week; seconds are refused."""

ON_TIME_MS = 30_000
"""A tick that is older than this has been missed."""

MOST_MISSED = 500
"""No more missed ticks than these are counted: after a year without workers nobody wants to wait for the sum."""

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """A cron expression in a time zone; both are valid."""

    cron: str
    zone: ZoneInfo

    @classmethod
    def of(cls, schedule: Schedule, default: ZoneInfo) -> "Timetable":
        """The timetable of a valid schedule; `default` is the fleet's time zone."""
        return cls(" ".join(schedule.cron.split()), ZoneInfo(schedule.timezone) if schedule.timezone else default)

    @property
    def name(self) -> str:
        """Two timetables of one name tick alike."""
        return f"{self.cron} {self.zone.key}"

    def after(self, moment_ms: int) -> Iterator[int]:
        """The ticks after a moment, in their order."""
        wall, repeated = self._wall(moment_ms)
        ticks = merge(*(self._moments(CronSim(self.cron, wall - repeated), fold) for fold in self._folds))
        return (tick for tick, _ in groupby(ticks) if tick > moment_ms)

    def until(self, moment_ms: int) -> Iterator[int]:
        """The ticks at a moment and before, the newest first."""
        wall, repeated = self._wall(moment_ms)
        begin = wall + repeated + SECOND
        streams = (self._moments(CronSim(self.cron, begin, reverse=True), fold) for fold in self._folds)
        return (tick for tick, _ in groupby(merge(*streams, reverse=True)) if tick <= moment_ms)

    @property
    def _is_fixed(self) -> bool:
        """Whether it names times of the day, rather than a rhythm."""
        return not any(field.startswith("*") for field in self.cron.split()[:2])

    @property
    def _folds(self) -> tuple[int, ...]:
        """Which passes over a repeated hour it ticks in."""
        return (0,) if self._is_fixed else (0, 1)

    def _wall(self, moment_ms: int) -> tuple[datetime, timedelta]:
        """What clocks show at a moment; and, when they show it twice, how long after the first time the second is."""
        local = from_ms(moment_ms).astimezone(self.zone)
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return local.replace(tzinfo=None, microsecond=0), second - first

    def _moments(self, walls: Iterable[datetime], fold: int) -> Iterator[int]:
        """The moments, as ordered as what clocks show then, without those that do not exist."""
        for wall in walls:
            moment = self._existing(wall, fold)
            if moment is not None:
                yield round(moment.timestamp() * 1000)

    def _existing(self, wall: datetime, fold: int) -> datetime | None:
        """When clocks show that; for a fixed time that they pass over, the end of the gap."""
        while not self._exists(moment := wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC), wall):
            if not self._is_fixed:
                return None
            wall += MINUTE
        return moment

    def _exists(self, moment: datetime, wall: datetime) -> bool:
        return moment.astimezone(self.zone).replace(tzinfo=None) == wall


def spoken_cron(cron: str) -> str:
    """A valid expression in words: `At 02:00 every day`."""
    return CronSim(cron, _SOME_DAY).explain()


def problem_of(cron: str, timezone: str) -> str:
    """What is wrong with a schedule's expression or time zone, to be read after its name; empty when nothing is."""
    if timezone and not _is_zone(timezone):
        return f"is in the time zone {timezone}, which does not exist"
    if len(cron.split()) != FIELDS:
        return f"needs five fields, from minutes to days of the week, and has `{cron}`"
    try:
        ticks = next(CronSim(cron, _SOME_DAY), None)
    except (CronSimError, ValueError) as problem:
        told = str(problem)
        return f"has `{cron}`, which is no cron expression ({told[:1].lower()}{told[1:]})"
    return "" if ticks else f"never ticks: no day is a `{cron}`"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Due:
    """What has passed since the last tick that was settled: `run` oldest first; `newest_ms` 0 when nothing has."""

    run: tuple[int, ...] = ()
    missed: int = 0
    newest_ms: int = 0


def due(schedule: Schedule, timetable: Timetable, last_ms: int, now_ms: int, skipped_ms: int = 0) -> Due:
    """What to do of the ticks after `last_ms` and up to now; those up to `skipped_ms` are not caught up with."""
    passed = list(islice(takewhile(lambda tick: tick > last_ms, timetable.until(now_ms)), MOST_MISSED))
    if not passed:
        return Due()
    run = _chosen(schedule, [tick for tick in passed if tick > skipped_ms], now_ms)
    return Due(tuple(reversed(run)), len(passed) - len(run), passed[0])


def _chosen(schedule: Schedule, passed: list[int], now_ms: int) -> list[int]:
    match schedule.catch_up:
        case CatchUp.SKIP:
            return [tick for tick in passed[:1] if tick > now_ms - ON_TIME_MS]
        case CatchUp.ONE:
            return passed[:1]
        case CatchUp.ALL:
            return passed[: schedule.at_most]
        case _:
            assert_never(schedule.catch_up)
