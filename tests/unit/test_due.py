"""Which ticks run after an absence: none, the newest or the newest few, as the policy says."""

from zoneinfo import ZoneInfo

import pytest

from arqlight_core.policy import CatchUp, Schedule
from arqlight_core.ticks import MOST_MISSED, ON_TIME_MS, Due, Timetable, due
from tests.unit.test_ticks import MINUTE, ms

NOON = ms("2026-06-01T12:00")
MINUTELY = Timetable("* * * * *", ZoneInfo("UTC"))


def after_absence(policy: CatchUp, minutes: float, *, late_ms: int = 0, at_most: int = 3, skipped: int = 0) -> Due:
    """What is due at noon and so many ms, when the last tick settled was so many minutes before noon."""
    schedule = Schedule("s", "* * * * *", "t", catch_up=policy, at_most=at_most)
    return due(schedule, MINUTELY, round(NOON - minutes * MINUTE), NOON + late_ms, skipped)


def test_between_two_ticks_nothing_is_due():
    for policy in CatchUp:
        assert after_absence(policy, 0, late_ms=MINUTE - 1) == Due()


def test_a_tick_on_time_runs_under_every_policy():
    for policy in CatchUp:
        assert after_absence(policy, 1, late_ms=ON_TIME_MS - 1) == Due((NOON,), 0, NOON)


@pytest.mark.parametrize(
    ("policy", "run", "missed"),
    [
        (CatchUp.SKIP, (), 5),
        (CatchUp.ONE, (NOON,), 4),
        (CatchUp.ALL, (NOON - 2 * MINUTE, NOON - MINUTE, NOON), 2),
    ],
)
def test_of_missed_ticks_a_policy_runs_none_the_newest_or_the_newest_few_oldest_first(
    policy: CatchUp, run: tuple[int, ...], missed: int
):
    assert after_absence(policy, 5, late_ms=ON_TIME_MS) == Due(run, missed, NOON)


def test_a_schedule_that_skips_still_runs_the_tick_that_is_on_time():
    assert after_absence(CatchUp.SKIP, 5) == Due((NOON,), 4, NOON)


def test_ticks_that_passed_while_it_was_paused_are_not_caught_up_with():
    assert after_absence(CatchUp.ALL, 5, skipped=NOON - MINUTE) == Due((NOON,), 4, NOON)
    assert after_absence(CatchUp.ALL, 5, skipped=NOON) == Due((), 5, NOON)


def test_a_year_of_absence_is_counted_no_further_than_anybody_would():
    found = after_absence(CatchUp.ALL, 365 * 24 * 60)
    assert found == Due((NOON - 2 * MINUTE, NOON - MINUTE, NOON), MOST_MISSED - 3, NOON)


def test_a_server_clock_that_steps_back_makes_nothing_due():
    assert after_absence(CatchUp.ALL, -60) == Due()
