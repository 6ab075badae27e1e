"""Quiet hours by the clock on somebody's own wall: over midnight, across zones, and when clocks change."""

from datetime import datetime

import pytest

from arqlight_jobs.quiet_hours import quiet_until


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "begins", "ends", "zone", "until"),
    [
        ("2026-03-01T23:30+00:00", "22:00", "07:00", "UTC", "2026-03-02T07:00+00:00"),
        ("2026-03-01T06:59+00:00", "22:00", "07:00", "UTC", "2026-03-01T07:00+00:00"),
        ("2026-03-01T07:00+00:00", "22:00", "07:00", "UTC", None),
        ("2026-03-01T21:59+00:00", "22:00", "07:00", "UTC", None),
        ("2026-03-01T12:30+00:00", "12:00", "14:00", "UTC", "2026-03-01T14:00+00:00"),
        ("2026-03-01T14:00+00:00", "12:00", "14:00", "UTC", None),
        ("2026-03-01T03:30+00:00", "22:00", "07:00", "America/Toronto", "2026-03-01T12:00+00:00"),
        ("2026-03-01T14:30+00:00", "22:00", "07:00", "Asia/Kolkata", None),
        ("2026-03-01T16:30+00:00", "22:00", "07:00", "Asia/Kolkata", "2026-03-02T01:30+00:00"),
        # the night in which clocks go forward there, and the one in which they go back
        ("2026-03-28T23:00+00:00", "22:00", "07:00", "Europe/Zurich", "2026-03-29T05:00+00:00"),
        ("2026-03-29T00:30+00:00", "01:00", "02:30", "Europe/Zurich", "2026-03-29T01:30+00:00"),
        ("2026-10-24T23:00+00:00", "22:00", "07:00", "Europe/Zurich", "2026-10-25T06:00+00:00"),
        ("2026-10-25T01:15+00:00", "01:00", "02:30", "Europe/Zurich", "2026-10-25T01:30+00:00"),
        ("2026-01-10T20:30+00:00", "21:00", "08:00", "Europe/Berlin", "2026-01-11T07:00+00:00"),
        ("2026-01-10T20:30+00:00", "21:00", "08:00", "America/New_York", None),
        ("2026-03-28T22:00+00:00", "21:00", "02:30", "Europe/Berlin", "2026-03-29T01:30+00:00"),
        ("2026-10-25T01:10+00:00", "21:00", "02:30", "Europe/Berlin", "2026-10-25T01:30+00:00"),
        # what says nothing
        ("2026-03-01T23:30+00:00", "", "", "UTC", None),
        ("2026-03-01T23:30+00:00", "22:00", "", "UTC", None),
        ("2026-03-01T23:30+00:00", "22:00", "22:00", "UTC", None),
        ("2026-03-01T23:30+00:00", "25:00", "07:00", "UTC", None),
        ("2026-03-01T23:30+00:00", "22:00", "07:00", "Nowhere/City", "2026-03-02T07:00+00:00"),
        ("2026-03-01T23:30+00:00", "22:00", "07:00", "../../etc/passwd", "2026-03-02T07:00+00:00"),
        ("2026-03-01T23:30+00:00", "22:00", "07:00", "", "2026-03-02T07:00+00:00"),
    ],
)
def test_quiet_hours_are_by_one_s_own_clock(moment: str, begins: str, ends: str, zone: str, until: str | None) -> None:
    assert quiet_until(at(moment), begins, ends, zone) == (at(until) if until else None)
