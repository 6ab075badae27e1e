"""What the overview asks for beside the fleet's view: an hour of it, and what surrounds it."""

from typing import Any

from arqlight_core.observe import PastHour, ScheduleView, Surroundings
from tests.screens.canned_alerts import kept

MINUTES = range(60)


def hour(now: int) -> PastHour:
    """Work that swells and ebbs, and failures in the last third of it."""
    done = tuple(40 + 30 * (minute % 20) for minute in MINUTES)
    failed = tuple(minute % 7 if minute > 40 else 0 for minute in MINUTES)
    return PastHour(now, done, done, failed)


def answers(now: int) -> dict[str, Any]:
    """By the names of the questions."""
    return {"past_hour": hour(now), "horizons": {}, "surroundings": Surroundings(now), "alarms": kept(now)}


def schedule(now: int, **changes: Any) -> ScheduleView:
    told: dict[str, Any] = {
        "at_ms": now,
        "name": "nightly",
        "queue": "crm:campaign",
        "job_type": "crm.campaign",
        "cron": "0 8 * * *",
        "spoken": "at 08:00",
        "timezone": "UTC",
        "catch_up": "one",
        "next_ms": now + 60_000,
        "run_ms": 0,
        "last_job": "",
        "last_state": None,
        "paused": None,
        "runs": 3,
        "missed": 0,
        "seen_ms": now,
    }
    return ScheduleView(**(told | changes))
