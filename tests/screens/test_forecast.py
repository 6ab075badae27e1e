"""When schedules run in the next day, to the quarter of an hour."""

from datetime import UTC, datetime

import pytest

from arqlight_core.observe.fleet import Pause
from arqlight_screens.forecast import QUARTERS, begin_of, busiest, forecast, forecast_of, quarters
from tests.screens.canned_care import NOW, schedule, schedules

MIDNIGHT = round(datetime(2026, 5, 28, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("cron", "zone", "places"),
    [
        ("0 2 * * *", "UTC", [8]),
        ("0 2 * * *", "Europe/Luxembourg", [0]),
        ("59 23 * * *", "UTC", [95]),
        ("*/20 5 * * *", "UTC", [20, 21, 22]),
        ("* * * * *", "UTC", list(range(QUARTERS))),
        ("0 0 29 2 *", "UTC", []),
        ("0 0 * * *", "UTC", [0]),
        ("no cron", "UTC", []),
        ("0 2 * * *", "Nowhere/AtAll", [8]),
    ],
)
def test_each_quarter_tells_whether_the_schedule_runs_in_it(cron: str, zone: str, places: list[int]) -> None:
    assert [place for place, runs in enumerate(quarters(cron, zone, MIDNIGHT)) if runs] == places


def test_a_paused_schedule_does_not_run() -> None:
    paused = schedule("a", cron="* * * * *", paused=Pause("ada", "", NOW))
    assert not any(forecast_of(paused))
    assert busiest([paused]) == "none runs in the next 24 hours"


def test_hours_stand_over_their_quarters_and_the_busiest_is_named() -> None:
    hours, all_of_them, this = ("".join(part.text for part in line) for line in forecast(schedules(), schedules()[2]))
    at = this.index("▲")
    assert this.count("▲") == 1
    assert hours[at : at + 2] == "02"
    assert len(this) == len(all_of_them) == len(hours)
    assert busiest(schedules()) == "most at once: 4 at 02:00"


def test_no_schedules_have_no_forecast() -> None:
    assert forecast((), None) == ()


def test_a_forecast_begins_with_the_quarter_that_is_running() -> None:
    assert begin_of(NOW) <= NOW < begin_of(NOW) + 900_000
