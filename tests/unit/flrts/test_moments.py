"""Days and moments as people write them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.moments import day_of, moment_of

ZONE = "Europe/Zurich"
NOON = datetime(2026, 3, 27, 11, tzinfo=UTC)
"""Friday at noon in Zurich; clocks are put forward on Sunday."""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-29", date(2026, 3, 29)),
        (" Tomorrow ", date(2026, 3, 28)),
        ("today", date(2026, 3, 27)),
        ("29.3.2026", date(2026, 3, 29)),
        ("3d", date(2026, 3, 30)),
        ("+3d", date(2026, 3, 30)),
        ("in 3 d", date(2026, 3, 30)),
        ("saturday", date(2026, 3, 28)),
        ("friday", date(2026, 4, 3)),
    ],
)
def test_a_day_is_understood(text: str, day: date) -> None:
    assert day_of(text, ZONE, NOON) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-29 17:30", datetime(2026, 3, 29, 15, 30, tzinfo=UTC)),
        ("2026-03-28T17:30", datetime(2026, 3, 28, 16, 30, tzinfo=UTC)),
        ("tomorrow", datetime(2026, 3, 28, 8, tzinfo=UTC)),
        ("tomorrow 7:05", datetime(2026, 3, 28, 6, 5, tzinfo=UTC)),
        ("17:30", datetime(2026, 3, 27, 16, 30, tzinfo=UTC)),
        ("8:00", datetime(2026, 3, 28, 7, tzinfo=UTC)),
        ("29.03.2026 17:30", datetime(2026, 3, 29, 15, 30, tzinfo=UTC)),
        ("2h", datetime(2026, 3, 27, 13, tzinfo=UTC)),
        ("+2h", datetime(2026, 3, 27, 13, tzinfo=UTC)),
        ("in 30m", datetime(2026, 3, 27, 11, 30, tzinfo=UTC)),
        ("3d", datetime(2026, 3, 30, 7, tzinfo=UTC)),
        ("sunday 2:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # never is: as much later
    ],
)
def test_a_moment_is_understood_on_the_user_s_own_wall(text: str, moment: datetime) -> None:
    assert moment_of(text, ZONE, NOON) == moment


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "25:00", "12:60", "tomorrow 1730", "2026-02-30", "30.2.2026", "++1d", "9999d", "x 9:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no moment"):
        moment_of(text, ZONE, NOON)
    with pytest.raises(UsageError, match="is no day"):
        day_of(text, ZONE, NOON)


def test_what_is_past_is_refused() -> None:
    with pytest.raises(UsageError, match="2026-03-27 09:00 is past"):
        moment_of("today", ZONE, NOON)
    with pytest.raises(UsageError, match="write a day from 2026-03-27 on"):
        day_of("2026-03-26", ZONE, NOON)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_moment_to_come_or_refused(text: str) -> None:
    for read in (moment_of, day_of):
        try:
            found = read(text, ZONE, NOON)
        except UsageError:
            continue
        assert found >= (NOON if isinstance(found, datetime) else NOON.date())
