"""A timetable that an operator replaces begins then, and so does the declared one when it comes back: no tick twice."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arqlight_core import live_values
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Standing
from arqlight_fleet.schedules import Schedules
from arqlight_fleet.served import ServedQueue
from tests.store.ticking import MINUTE_MS, NAME, Ticking

DECLARED, LIVE = "* * * * *", "*/1 * * * *"
"""Two names of the same ticks."""


class House:
    """One worker's share of the house, and its look at the schedule."""

    def __init__(self, ticking: Ticking) -> None:
        self.ticking = ticking
        self.served = ServedQueue.declared(ticking.queue)
        self._schedules = Schedules([self.served], ZoneInfo("UTC"), Sealer.of(Settings()))

    def set(self, **settings: str) -> None:
        """What an operator wants from now on."""
        told = {f"{name}:{NAME}": text for name, text in settings.items()}
        assert self.served.override(live_values.values(told, self._declared))

    def _declared(self, name: str) -> Any:
        return self.served.overridden.get(name, getattr(self.served, name))

    async def look(self) -> str:
        return await self._schedules.look(self.ticking.store)

    async def standing(self) -> Standing:
        return (await self.ticking.look())[0]

    async def last_was(self, cron: str, minutes: int) -> None:
        """As if the newest settled tick of that timetable were so old."""
        moment = await self.ticking.store.time_ms() - minutes * MINUTE_MS
        await self.ticking.note({f"last {cron} UTC": moment})


@pytest.fixture
async def house(store: Store) -> House:
    made = House(await Ticking.of(store, DECLARED))
    await made.look()
    return made


async def test_a_live_timetable_begins_now_and_ticks_from_then_on(house: House):
    house.set(cron=LIVE)
    assert await house.look() == "0 jobs queued"
    standing = await house.standing()
    assert standing.text("timetable") == f"{LIVE} UTC"
    assert standing.last_ms(f"{DECLARED} UTC") == 0
    await house.last_was(LIVE, 3)
    assert await house.look() == "3 jobs queued"


async def test_what_the_declared_timetable_would_have_ticked_meanwhile_is_not_caught_up_with(house: House):
    house.set(cron=LIVE)
    await house.look()
    house.set()
    await house.last_was(LIVE, 3)
    assert await house.look() == "0 jobs queued"
    standing = await house.standing()
    assert standing.number("missed") == 0
    assert standing.last_ms(f"{LIVE} UTC") == 0
    assert standing.text("timetable") == f"{DECLARED} UTC"


async def test_a_slower_worker_leaves_nothing_of_the_replaced_timetable_either(house: House):
    slower = House(house.ticking)
    await slower.look()
    house.set(cron=LIVE)
    await house.look()
    assert await slower.look() == "0 jobs queued"
    slower.set(cron=LIVE)
    assert await slower.look() == "0 jobs queued"
    assert (await house.standing()).last_ms(f"{DECLARED} UTC") == 0


async def test_a_tick_has_one_job_when_its_timetable_is_replaced_right_after_it(house: House):
    await house.last_was(DECLARED, 1)
    assert await house.look() == "1 jobs queued"
    house.set(cron=LIVE)
    assert await house.look() == "0 jobs queued"
    assert len(await house.ticking.jobs()) == 1


async def test_another_way_to_catch_up_leaves_the_timetable_as_it_is(house: House):
    house.set(catch_up="one")
    await house.last_was(DECLARED, 3)
    assert await house.look() == "1 jobs queued"
    assert (await house.standing()).number("missed") == 2


async def test_a_job_run_out_of_turn_has_the_priority_that_counts_now(house: House):
    terms = live_values.values({"priority:tidy_up": "low"}, house.served.__getattribute__)
    assert house.served.override(terms)
    await house.look()
    assert (await house.standing()).text("lane") == "0.0"


async def test_a_worker_that_begins_while_a_live_timetable_counts_leaves_nothing_of_the_declared_one(house: House):
    house.set(cron=LIVE)
    await house.look()
    await house.last_was(DECLARED, 3)
    other = House(house.ticking)
    other.set(cron=LIVE)
    assert await other.look() == "0 jobs queued"
    assert (await house.standing()).last_ms(f"{DECLARED} UTC") == 0
