"""When somebody is to be reminded: by the clock on their own wall, also where it jumps."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND
from arqlight_jobs.flrts.reckoning import BEARABLE, MORNING, OFFSETS, Timing, due_instants, instant, timing, zone_of

ZONES = sorted(available_timezones() - {"localtime"})
JUMPING = [
    "Africa/Cairo",
    "America/New_York",
    "America/Santiago",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Zurich",
    "Pacific/Apia",
    "Pacific/Chatham",
]
MOST_JUMP = 25 * HOUR
"""Samoa has left out a whole day."""

days = st.dates(date(1975, 1, 1), date(2037, 12, 31))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@cache
def jumps(name: str) -> tuple[date, ...]:
    """The days on which clocks of the zone jump, in those years."""
    zone, first = ZoneInfo(name), datetime(1975, 1, 1, tzinfo=UTC)
    found: list[date] = []
    for number in range(63 * 366):
        at = first + number * DAY
        if at.astimezone(zone).utcoffset() != (at + DAY).astimezone(zone).utcoffset():
            found += [at.astimezone(zone).date(), (at + DAY).astimezone(zone).date()]
    return tuple(found)


jumping_days = st.sampled_from(JUMPING).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(jumps(name))))
any_days = st.one_of(st.tuples(st.sampled_from(ZONES), days), jumping_days)


def test_a_task_s_reminders_come_on_the_morning_and_the_one_before() -> None:
    assert (time(9), ("0d", "1d")) == (MORNING, OFFSETS)
    assert due_instants(date(2026, 7, 1), "Europe/Zurich") == {
        "0d": datetime(2026, 7, 1, 7, tzinfo=UTC),
        "1d": datetime(2026, 6, 30, 7, tzinfo=UTC),
    }


def test_a_day_before_is_one_of_the_calendar_and_an_hour_one_that_elapses() -> None:
    spring = due_instants(date(2026, 3, 29), "Europe/Zurich", ("0d", "1d", "8h", "30m"))
    assert spring == {
        "0d": datetime(2026, 3, 29, 7, tzinfo=UTC),
        "1d": datetime(2026, 3, 28, 8, tzinfo=UTC),  # 23 hours before
        "8h": datetime(2026, 3, 28, 23, tzinfo=UTC),
        "30m": datetime(2026, 3, 29, 6, 30, tzinfo=UTC),
    }


def test_a_time_that_never_is_lies_as_much_later() -> None:
    zurich, apia = ZoneInfo("Europe/Zurich"), ZoneInfo("Pacific/Apia")
    found = instant(date(2026, 3, 29), time(2, 30), zurich)
    assert found.astimezone(zurich).time() == time(3, 30)
    assert instant(date(2011, 12, 30), time(9), apia).astimezone(apia) == datetime(2011, 12, 31, 9, tzinfo=apia)


def test_of_a_time_that_is_twice_the_first_counts() -> None:
    assert instant(date(2026, 10, 25), time(2, 30), ZoneInfo("Europe/Zurich")) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert instant(date(2026, 4, 5), time(1, 45), ZoneInfo("Australia/Lord_Howe")) == datetime(
        2026, 4, 4, 14, 45, tzinfo=UTC
    )


@given(any_days, clocks)
@example(("Pacific/Apia", date(2011, 12, 30)), time(9))
def test_an_instant_is_the_first_at_which_the_wall_has_got_so_far(told: tuple[str, date], clock: time) -> None:
    """It shows that time; or, where that is left out, a later one, and just before an earlier one."""
    name, day = told
    zone, wanted = ZoneInfo(name), datetime.combine(day, clock)
    found = instant(day, clock, zone)
    shown = found.astimezone(zone).replace(tzinfo=None)
    assert timedelta(0) <= shown - wanted <= MOST_JUMP
    if shown != wanted:
        jump = shown - wanted
        assert (found - jump).astimezone(zone).replace(tzinfo=None) < wanted
        return
    for earlier in (30 * MINUTE, HOUR, 2 * HOUR):
        assert (found - earlier).astimezone(zone).replace(tzinfo=None) != wanted


@given(any_days)
def test_each_day_has_both_its_reminders_on_the_morning_s_clock(told: tuple[str, date]) -> None:
    name, day = told
    zone = ZoneInfo(name)
    found = due_instants(day, name)
    assert found.keys() == {"0d", "1d"}
    assert all(moment.tzinfo is UTC for moment in found.values())
    assert timedelta(0) <= found["0d"] - found["1d"] <= DAY + MOST_JUMP
    for before, moment in found.items():
        wanted = day - int(before[0]) * DAY
        shown = moment.astimezone(zone)
        skipped = datetime.combine(wanted, MORNING, zone).astimezone(UTC).astimezone(zone).date() != wanted
        assert skipped or (shown.date(), shown.time()) == (wanted, MORNING)


@given(any_days, st.integers(0, 999), st.sampled_from("hm"))
def test_hours_and_minutes_before_are_that_long(told: tuple[str, date], count: int, unit: str) -> None:
    name, day = told
    span = {"h": HOUR, "m": MINUTE}[unit]
    found = due_instants(day, name, ("0d", f"{count}{unit}"))
    assert found["0d"] - found[f"{count}{unit}"] == count * span


@given(st.one_of(st.dates(), st.dates(max_value=date(1, 1, 9))), st.sampled_from(ZONES), st.integers(0, 999))
@example(date.min, "Pacific/Kiritimati", 0)
@example(date.max, "Etc/GMT+12", 0)
def test_a_moment_outside_the_calendar_is_left_out(day: date, name: str, count: int) -> None:
    found = due_instants(day, name, (f"{count}d",))
    assert found or day - date.min < (count + 2) * DAY or date.max - day < 2 * DAY


@pytest.mark.parametrize("offset", ["", "1", "d", "1w", "-1d", "1 d", "1000d", "\N{ARABIC-INDIC DIGIT ONE}d", "1d\n"])
def test_an_offset_that_is_none_is_refused(offset: str) -> None:
    with pytest.raises(UsageError, match="no time before"):
        due_instants(date(2026, 7, 1), "UTC", (offset,))


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "/etc/localtime", "Europe", "a\0b", "x" * 300])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="There is no time zone"):
        zone_of(name)


def test_a_reminder_is_of_use_for_six_hours() -> None:
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert BEARABLE == 6 * HOUR
    assert timing(at + SECOND, at) is Timing.AHEAD
    assert [timing(at - ago, at) for ago in (0 * SECOND, 6 * HOUR)] == [Timing.LATE] * 2
    assert timing(at - 6 * HOUR - SECOND, at) is Timing.MISSED
