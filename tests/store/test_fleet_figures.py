"""throughput.lua, usage.lua and the rest that is asked beside the fleet's view: an hour's counts, use, surroundings."""

import pytest

from arqlight_core import observe
from arqlight_core.observe.past_hour import MINUTES
from arqlight_core.observe.usage import Metered, Use, uses
from arqlight_core.policy import Limit
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.admission import Demands
from tests.store.gate import Gate, limited, rate
from tests.store.line import QUEUE, Line

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


async def _counted(line: Line, queue: QueueKeys, minute: int, **events: int) -> None:
    """As if so much had happened in that minute."""
    await line.raw.hset(f"{queue.prefix}minute:{minute}", mapping={"w3": 9, **events})


async def test_the_past_hour_sums_the_minutes_of_all_queues_without_the_running_one(line: Line):
    other = QueueKeys.declared("test:other")
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}, other.name: {"wire": other.wire}})
    running = await line.store.time_ms() // MINUTE_MS
    await _counted(line, QUEUE, running - 2, enqueued=3, completed=4, retried=5, dead=6)
    await _counted(line, other, running - 2, completed=10)
    await _counted(line, other, running - 62, completed=100)
    hour = await observe.past_hour(line.store)
    assert (sum(hour.came), sum(hour.completed), sum(hour.failed)) == (3, 14, 11)
    assert (len(hour.completed), max(hour.completed[-3:])) == (MINUTES, 14)
    assert hour.failed_share == pytest.approx(11 / 25)


async def test_the_running_minute_is_no_part_of_the_past_hour(line: Line):
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}})
    minute = (await line.store.time_ms()) // MINUTE_MS + 1
    await _counted(line, QUEUE, minute, completed=5)
    await _counted(line, QUEUE, minute - 1, completed=5)
    hour = await observe.past_hour(line.store)
    assert sum(hour.completed) == 5 * (hour.at_ms // MINUTE_MS == minute)


async def test_the_past_hour_of_no_queue_is_still(line: Line):
    hour = await observe.past_hour(line.store)
    assert (hour.completed, hour.failed_share) == ((0,) * MINUTES, None)


async def test_a_log_tells_how_many_it_holds_and_the_fullest_rate_counts(gate: Gate):
    rates = (rate(4, MINUTE_MS), rate(100, HOUR_MS))
    for _ in range(3):
        await gate.let_in(Demands("", (), (limited(*rates),)))
    [used] = await uses(gate.store, [Metered("email", exact=True, rates=rates, keys=("acme", "bolt"))])
    assert used == (Use("acme", "4 per min", 3, 4), Use("bolt", "4 per min", 0, 4))


async def test_a_pace_tells_how_many_of_those_at_once_have_gone(gate: Gate):
    rates = (rate(10, HOUR_MS, burst=4),)
    [[before]] = await uses(gate.store, [Metered("email", exact=False, rates=rates, keys=("acme",))])
    for _ in range(4):
        await gate.let_in(Demands("", (), (limited(*rates, exact=False),)))
    [[after]] = await uses(gate.store, [Metered("email", exact=False, rates=rates, keys=("acme",))])
    assert (before, after) == (Use("acme", "10 per h", 0, 4), Use("acme", "10 per h", 4, 4))
    await gate.denied(Demands("", (), (limited(*rates, exact=False),)))


async def test_limits_tell_their_use_by_the_rates_that_count_now(gate: Gate):
    told = {
        "wire": "arq:{crm:email}",
        "limits": {"email": {"rates": ["10 per h"], "exact": False}},
        "settings": {"rate:email": "10/h burst 4"},
    }
    await gate.store.publish_queues({"crm:email": told})
    email: tuple[Limit, str] = limited(rate(10, HOUR_MS, burst=4), key="", exact=False)
    await gate.let_in(Demands("", (), (email,)))
    [view] = await observe.limits(gate.store)
    assert view.uses == (Use("", "10 per h", 1, 4),)
    await gate.store.run(scripts.override("crm:email", "rate:email", "1/h", "ann", "", 0))
    [view] = await observe.limits(gate.store)
    assert [(use.rate, use.most) for use in view.uses] == [("1 per h", 1)]


async def test_the_surroundings_tell_of_schedules_and_memory(line: Line):
    declared = {"job_type": "t", "cron": "0 8 * * *", "spoken": "", "timezone": "UTC", "catch_up": "one"}
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire, "schedules": {"nightly": declared}}})
    around = await observe.surroundings(line.store)
    assert [one.name for one in around.schedules] == ["nightly"]
    assert 0 < around.memory_used < around.memory_limit
    assert around.memory_share == pytest.approx(around.memory_used / around.memory_limit)


async def test_the_end_of_what_is_put_off_is_told_for_each_queue(line: Line):
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}})
    await line.put("later", delay_ms=HOUR_MS)
    ends = await observe.horizons(line.store, (await observe.fleet(line.store)).queues)
    assert ends[QUEUE.name].scheduled_ms > await line.store.time_ms()
    assert ends[QUEUE.name].retrying_ms == -1


def test_a_share_of_use_is_never_above_one():
    assert Use("", "2 per min", 3, 2).share == 1.0
