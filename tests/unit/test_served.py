"""Live settings in a worker: they stand in for declared values, and leave them as they were."""

import pytest

from arqlight_core.declaration import Queue
from arqlight_core.policy import Breaker
from arqlight_fleet import vitals
from arqlight_fleet.served import ServedQueue
from arqlight_fleet.vitals import Vitals

QUEUE = Queue("test:served", "to be served", concurrency=5, fleet_concurrency=9, weight=3, breaker=Breaker(faults=3))


def test_an_override_counts_until_it_is_gone_and_then_the_declared_value_again():
    served = ServedQueue.declared(QUEUE)
    assert served.override({"concurrency": 2, "breaker": None})
    assert (served.concurrency, served.free, served.breaker, served.weight) == (2, 2, None, 3)
    assert served.override({"breaker": None})
    assert (served.concurrency, served.breaker) == (5, None)
    assert served.override({})
    assert served.breaker == Breaker(faults=3)
    assert served.overridden == {}


def test_an_override_of_an_override_keeps_the_declared_value_in_mind():
    served = ServedQueue.declared(QUEUE)
    served.override({"concurrency": 2})
    served.override({"concurrency": 7})
    assert served.overridden == {"concurrency": 5}
    served.override({})
    assert served.concurrency == 5


def test_the_same_override_again_changes_nothing():
    served = ServedQueue.declared(QUEUE)
    assert served.override({"concurrency": 2})
    assert not served.override({"concurrency": 2})
    assert not ServedQueue.declared(QUEUE).override({})


def test_more_running_jobs_than_a_lower_concurrency_leave_no_room_and_no_debt():
    served = ServedQueue.declared(QUEUE)
    served.running = 5
    served.override({"concurrency": 2})
    assert served.free == 0


async def test_a_late_loop_is_told_once_with_the_longest_lateness(monkeypatch: pytest.MonkeyPatch):
    own = Vitals()
    for moment in (100.0, 100.2, 101.0, 101.3):
        monkeypatch.setattr(vitals, "monotonic", lambda moment=moment: moment)
        await own.sample()
    told = own.told()
    assert told["lag_ms"] == pytest.approx(600)
    assert own.told()["lag_ms"] == 0
    assert told["rss"] > 10_000_000
    assert told["open_files"] > 2
    assert told["cpu"] >= 0
