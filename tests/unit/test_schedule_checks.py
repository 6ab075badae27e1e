"""Schedules that cannot work are refused when the catalogue is made, all problems at once."""

from typing import Any

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.policy import Schedule
from arqlight_core.store.declarations import declarations
from tests.unit.test_catalogue import declared, problems

FIT: dict[str, Any] = {"name": "daily", "cron": "0 2 * * *", "job_type": "post", "payload": {"to": "ada"}}


def scheduled(*changes: dict[str, Any], of: Queue | None = None) -> Queue:
    """A queue with these schedules, each one that is fit but for what is changed."""
    line = of or declared()
    for changed in changes:
        line.schedule(Schedule(**FIT | changed))
    return line


def test_a_schedule_that_fits_is_taken_and_published_in_plain_values():
    line = scheduled({"timezone": "Europe/Berlin"})
    assert Catalogue.of([line]).queues["office:post"].schedules.keys() == {"daily"}
    assert declarations([line])["office:post"]["schedules"] == {
        "daily": {
            "job_type": "post",
            "cron": "0 2 * * *",
            "spoken": "At 02:00 every day",
            "timezone": "Europe/Berlin",
            "catch_up": "one",
        }
    }


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": ""}, "schedule ? that needs a name"),
        ({"name": "a b"}, "schedule a b that needs a name without braces, spaces and @"),
        ({"name": "a@b"}, "schedule a@b that needs a name"),
        ({"name": "{a}"}, "schedule {a} that needs a name"),
        ({"cron": "* * * * * *"}, "schedule daily that needs five fields"),
        ({"cron": "0 0 30 2 *"}, "schedule daily that has `0 0 30 2 *`, which is no cron expression"),
        ({"timezone": "Mars/Olympus"}, "schedule daily that is in the time zone Mars/Olympus, which does not exist"),
        ({"job_type": "pots"}, "schedule daily that is for pots, which is none of its job types"),
        ({"payload": {}}, "schedule daily that has a wrong payload"),
        ({"payload": {"to": 3}}, "Expected `str`, got `int` - at `$.to`"),
        ({"at_most": 0}, "schedule daily that runs 0 missed ticks at most"),
        ({"at_most": 501}, "schedule daily that runs 501 missed ticks at most"),
    ],
)
def test_a_schedule_that_cannot_work_is_refused(changed: dict[str, Any], problem: str):
    told = problems(scheduled(changed))
    assert "queue office:post has a schedule" in told
    assert problem in told


def test_every_problem_of_every_schedule_is_told_at_once():
    told = problems(scheduled({"name": "a", "cron": "60 * * * *", "payload": {}}, {"name": "b", "timezone": "Nowhere"}))
    expected = ("a that has `60 * * * *`", "a that has a wrong payload", "b that is in the time zone Nowhere")
    assert [problem for problem in expected if problem not in told] == []


def test_a_name_is_taken_once_in_the_whole_fleet():
    assert "schedule daily is declared twice in queue office:post" in problems(scheduled({}, {}))
    other = scheduled({"job_type": "pack"}, of=declared("pack", of=Queue("office:pack", "Packs.", concurrency=1)))
    assert "schedule daily is declared more than once" in problems(scheduled({}), other)
