"""Ticks: fixed times once and rhythms unbroken, whatever clocks do; what cannot tick is refused."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.policy import Schedule
from arqlight_core.ticks import Timetable, problem_of, spoken_cron

BERLIN, NEW_YORK, LORD_HOWE = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
MINUTE = 60_000
CHANGES = {
    BERLIN: ("2026-03-29T01:00", "2026-10-25T01:00"),
    NEW_YORK: ("2026-03-08T07:00", "2026-11-01T06:00"),
    LORD_HOWE: ("2026-10-03T15:30", "2026-04-04T15:00"),
}
"""The moments (UTC) at which clocks are put forward and back."""


def ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


def around(zone: ZoneInfo, *, back: bool, hours: int = 3) -> tuple[int, int]:
    """The span of so many hours before and after a change of the clocks."""
    change = ms(CHANGES[zone][back])
    return change - hours * 60 * MINUTE, change + hours * 60 * MINUTE


def between(timetable: Timetable, begin: int, end: int) -> list[int]:
    """The ticks after a moment and up to another."""
    return list(takewhile(lambda tick: tick <= end, timetable.after(begin)))


def on_the_wall(timetable: Timetable, ticks: list[int]) -> list[str]:
    """What clocks in the zone show, with a * in the second pass over a repeated hour."""
    local = [datetime.fromtimestamp(tick / 1000, timetable.zone) for tick in ticks]
    return [f"{tick:%H:%M}{'*' * tick.fold}" for tick in local]


# ---------------------------------------------------------------------- when clocks are changed


@pytest.mark.parametrize(
    ("zone", "cron", "expected"),
    [
        (BERLIN, "30 2 * * *", "03:00"),
        (BERLIN, "0 2 * * *", "03:00"),
        (BERLIN, "0 2,3 * * *", "03:00"),
        (BERLIN, "30 1 * * *", "01:30"),
        (BERLIN, "0 * * * *", "00:00 01:00 03:00 04:00 05:00 06:00"),
        (BERLIN, "*/30 1-3 * * *", "01:00 01:30 03:00 03:30"),
        (BERLIN, "0 */2 * * *", "00:00 04:00 06:00"),
        (NEW_YORK, "30 2 * * *", "03:00"),
        (NEW_YORK, "*/30 2-3 * * *", "03:00 03:30"),
        (LORD_HOWE, "15 2 * * *", "02:30"),
        (LORD_HOWE, "30 2 * * *", "02:30"),
        (LORD_HOWE, "*/15 2 * * *", "02:30 02:45"),
        (LORD_HOWE, "0 * * * *", "00:00 01:00 03:00 04:00 05:00"),
    ],
)
def test_a_fixed_time_that_does_not_exist_runs_once_at_the_end_of_the_gap_and_rhythms_follow_the_clock(
    zone: ZoneInfo, cron: str, expected: str
):
    timetable = Timetable(cron, zone)
    assert on_the_wall(timetable, between(timetable, *around(zone, back=False))) == expected.split()


@pytest.mark.parametrize(
    ("zone", "cron", "expected"),
    [
        (BERLIN, "30 2 * * *", "02:30"),
        (BERLIN, "0 2,3 * * *", "02:00 03:00"),
        (BERLIN, "0 * * * *", "01:00 02:00 02:00* 03:00 04:00 05:00"),
        (BERLIN, "*/30 2 * * *", "02:00 02:30 02:00* 02:30*"),
        (BERLIN, "30 */1 * * *", "00:30 01:30 02:30 02:30* 03:30 04:30"),
        (NEW_YORK, "30 1 * * *", "01:30"),
        (NEW_YORK, "*/30 1 * * *", "01:00 01:30 01:00* 01:30*"),
        (LORD_HOWE, "45 1 * * *", "01:45"),
        (LORD_HOWE, "*/15 1 * * *", "01:00 01:15 01:30 01:45 01:30* 01:45*"),
        (LORD_HOWE, "0 1,2 * * *", "01:00 02:00"),
    ],
)
def test_a_fixed_time_that_exists_twice_runs_once_and_rhythms_go_on_through_the_repeated_time(
    zone: ZoneInfo, cron: str, expected: str
):
    timetable = Timetable(cron, zone)
    assert on_the_wall(timetable, between(timetable, *around(zone, back=True))) == expected.split()


def test_a_minutely_rhythm_never_breaks_in_any_zone():
    for zone in CHANGES:
        for back in (False, True):
            begin, end = around(zone, back=back)
            steps = [later - tick for tick, later in pairwise(between(Timetable("* * * * *", zone), begin, end))]
            assert set(steps) == {MINUTE}


def test_a_day_of_a_year_runs_a_daily_schedule_once_in_every_zone():
    for zone in CHANGES:
        for clock in ("30 2", "45 1", "0 3"):
            ticks = between(Timetable(f"{clock} * * *", zone), ms("2026-01-01T12:00"), ms("2027-01-01T12:00"))
            days = [datetime.fromtimestamp(tick / 1000, zone).date() for tick in ticks]
            assert len(days) == len(set(days)) == 365


# ---------------------------------------------------------------------- whatever the expression and the moment


numbers = st.integers(0, 59)
fields = st.one_of(
    st.just("*"),
    st.integers(2, 40).map("*/{}".format),
    numbers.map(str),
    st.lists(numbers, min_size=2, max_size=3, unique=True).map(lambda some: ",".join(map(str, sorted(some)))),
    st.tuples(numbers, numbers).map(lambda two: f"{min(two)}-{max(two)}"),
)


def hours_of(field: str) -> str:
    """The field with what is no hour taken down to one."""
    if field.startswith("*"):
        return field
    if "-" in field:
        first, last = sorted(int(part) % 24 for part in field.split("-"))
        return f"{first}-{last}"
    return ",".join(str(int(part) % 24) for part in field.split(","))


crons = st.builds("{} {} * * *".format, fields, fields.map(hours_of))
timetables = st.builds(Timetable, crons, st.sampled_from(list(CHANGES)))


@st.composite
def moments(draw: st.DrawFn, timetable: Timetable) -> int:
    """A moment within some hours of a change of the clocks, on a second or between two."""
    begin, end = around(timetable.zone, back=draw(st.booleans()), hours=5)
    moment = draw(st.integers(begin, end))
    return moment - moment % draw(st.sampled_from((1, 1000, MINUTE, 30 * MINUTE)))


def members(field: str, most: int) -> set[int]:
    if field.startswith("*"):
        return set(range(0, most, int(field[2:] or 1)))
    if "-" in field:
        first, last = map(int, field.split("-"))
        return set(range(first, last + 1))
    return {int(part) for part in field.split(",")}


def by_hand(timetable: Timetable, begin: int, end: int) -> list[int]:
    """The ticks after a moment and up to another, minute by minute and without any library."""
    minute, hour, *_ = timetable.cron.split()
    minutes, hours = members(minute, 60), members(hour, 24)
    if minute.startswith("*") or hour.startswith("*"):
        every = range(begin - begin % MINUTE + MINUTE, end + 1, MINUTE)
        walls = ((at, datetime.fromtimestamp(at / 1000, timetable.zone)) for at in every)
        return [at for at, wall in walls if wall.minute in minutes and wall.hour in hours]
    first = datetime.fromtimestamp(begin / 1000, timetable.zone).replace(tzinfo=None, second=0, microsecond=0)
    walls = (first + timedelta(minutes=offset) for offset in range(-240, (end - begin) // MINUTE + 240))
    ticks = {existing(wall, timetable.zone) for wall in walls if wall.minute in minutes and wall.hour in hours}
    return sorted(tick for tick in ticks if begin < tick <= end)


def existing(wall: datetime, zone: ZoneInfo) -> int:
    """The first moment at which clocks show that, or the end of the gap that they pass over it in."""
    while (moment := wall.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
    return round(moment.timestamp() * 1000)


@given(st.data())
def test_ticks_are_those_that_are_found_by_hand(data: st.DataObject):
    timetable = data.draw(timetables)
    begin = data.draw(moments(timetable))
    end = begin + data.draw(st.integers(0, 12 * 60 * MINUTE))
    assert between(timetable, begin, end) == by_hand(timetable, begin, end)


@given(st.data())
def test_the_next_tick_is_always_in_the_future_and_ticks_grow(data: st.DataObject):
    timetable = data.draw(timetables)
    moment = data.draw(moments(timetable))
    ticks = list(islice(timetable.after(moment), 20))
    assert ticks[0] > moment
    assert all(tick < later for tick, later in pairwise(ticks))


@given(st.data())
def test_whoever_asks_again_at_any_moment_finds_the_same_ticks(data: st.DataObject):
    timetable = data.draw(timetables)
    begin = data.draw(moments(timetable))
    ticks = list(islice(timetable.after(begin), 12))
    again = [begin]
    for tick in ticks:
        last = again[-1]
        asked = data.draw(st.integers(last, tick - 1))
        again.append(next(timetable.after(asked)))
    assert again[1:] == ticks


@given(st.data())
def test_looking_back_finds_the_ticks_that_looking_ahead_found(data: st.DataObject):
    timetable = data.draw(timetables)
    begin = data.draw(moments(timetable))
    end = begin + data.draw(st.integers(0, 12 * 60 * MINUTE))
    back = list(takewhile(lambda tick: tick > begin, timetable.until(end)))
    assert back[::-1] == between(timetable, begin, end)


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("", "needs five fields"),
        ("* * * *", "needs five fields"),
        ("* * * * * *", "needs five fields"),
        ("*/5 * * * * *", "needs five fields"),
        ("@hourly", "needs five fields"),
        ("60 * * * *", "which is no cron expression (bad minute)"),
        ("*/0 * * * *", "which is no cron expression (bad minute)"),
        ("* 5-1 * * *", "which is no cron expression (bad hour)"),
        ("1/" + "9" * 5000 + " * * * *", "which is no cron expression"),
        ("0 0 30 2 *", "which is no cron expression (bad day-of-month)"),
        ("0 0 31 2,4,6 *", "which is no cron expression (bad day-of-month)"),
        ("0 0 */9 * MON#5", "never ticks"),
    ],
)
def test_an_expression_that_cannot_tick_is_refused(cron: str, problem: str):
    assert problem in problem_of(cron, "")


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "../../etc/localtime", "CEST+25", " "])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str):
    assert problem_of("* * * * *", zone) == f"is in the time zone {zone}, which does not exist"


@pytest.mark.parametrize(
    "cron", ["* * * * *", "0 0 29 2 *", "0 8 * * MON-FRI", "0 0 L * *", "0 0 * * FRI#2", " 0  0 1 1 * "]
)
def test_what_ticks_however_seldom_is_taken(cron: str):
    assert problem_of(cron, "Europe/Berlin") == ""


def test_an_expression_is_told_in_words():
    assert spoken_cron("0 8 * * 1") == "At 08:00 on Monday"


def test_a_schedule_without_a_zone_ticks_in_the_fleets():
    own, fleets = (Timetable.of(Schedule("s", "0  2 * * *", "t", timezone=zone), BERLIN) for zone in ("UTC", ""))
    assert (own.name, fleets.name) == ("0 2 * * * UTC", "0 2 * * * Europe/Berlin")
