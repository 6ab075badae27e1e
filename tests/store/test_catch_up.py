"""After a downtime each schedule does what it declares of the ticks it missed, beside all others, and does it once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.clock import from_ms
from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, HOUR, MINUTE, Backoff, CatchUp, Schedule, milliseconds
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Standing
from arqlight_core.ticks import MOST_MISSED
from arqlight_fleet.schedules import Plan, Schedules, plans_of
from arqlight_fleet.served import ServedQueue
from tests.store.ticking import Room, tidy

UTC = ZoneInfo("UTC")


@dataclass
class Absent:
    """A fleet's queues, of which no schedule has been looked after for a while. `raw` sets the past."""

    store: Store
    queues: Sequence[Queue]
    last_ms: int
    """The newest tick of each that is settled."""
    raw: Any

    @classmethod
    async def since(cls, store: Store, queues: Sequence[Queue], ago_ms: int) -> "Absent":
        await publish(store, queues)
        last = await store.time_ms() - ago_ms
        made = cls(store, queues, last, store._client)  # pyright: ignore[reportPrivateUsage] - see `raw`
        for plan in made.plans:
            name = f"{plan.queue.prefix}schedule:{plan.schedule.name}"
            await made.raw.hset(name, f"last {plan.timetable.name}", last)
        return made

    @property
    def plans(self) -> list[Plan]:
        return plans_of(map(ServedQueue.declared, self.queues), UTC, Sealer.of(Settings()))

    async def three_workers_come(self) -> None:
        """At the same moment."""
        workers = [Schedules([*map(ServedQueue.declared, self.queues)], UTC, Sealer.of(Settings())) for _ in range(3)]
        await asyncio.gather(*(worker.look(self.store) for worker in workers))

    async def standing(self, plan: Plan) -> Standing:
        return (await self.store.run(scripts.schedules(plan.queue, [plan.schedule.name]))).each[0]

    def passed(self, plan: Plan, until_ms: int) -> list[int]:
        """The ticks of a schedule that nobody was there for, newest first; no more than are counted."""
        return [*islice(takewhile(lambda tick: tick > self.last_ms, plan.timetable.until(until_ms)), MOST_MISSED)]

    async def queued(self, plan: Plan) -> set[str]:
        """The ids of a schedule's jobs."""
        prefix = plan.queue.job_id(f"{plan.schedule.name}@")
        ids = {one.decode() for one in await self.raw.zrange(plan.queue.wire, 0, -1)}
        return {one for one in ids if one.startswith(prefix)}


def ids_of(plan: Plan, ticks: Sequence[int]) -> set[str]:
    return {plan.queue.job_id(f"{plan.schedule.name}@{from_ms(tick):%Y-%m-%dT%H:%M}Z") for tick in ticks}


# ---------------------------------------------------------------------- each way to catch up

DAYS = 3
POLICIES = (
    ("none", CatchUp.SKIP, 10, 0),
    ("newest", CatchUp.ONE, 10, 1),
    ("all", CatchUp.ALL, 10, DAYS),
    ("all-but-the-oldest", CatchUp.ALL, 2, 2),
)


@pytest.fixture
async def house(store: Store) -> Absent:
    """Four schedules that tick alike, once a day, the last time two hours ago; nobody was there for three days."""
    tick = from_ms(await store.time_ms()) - 2 * HOUR
    queue = Queue("test:house", "Is kept tidy.", concurrency=1)
    queue.job("tidy_up", Room, timeout=MINUTE, retry=Backoff(1))(tidy)
    for name, catch_up, at_most, _ in POLICIES:
        cron = f"{tick.minute} {tick.hour} * * *"
        queue.schedule(Schedule(name, cron, "tidy_up", {"name": name}, "UTC", catch_up, at_most))
    return await Absent.since(store, [queue], milliseconds(DAYS * DAY))


async def test_each_schedule_of_a_queue_catches_up_in_its_own_way_beside_the_others(house: Absent) -> None:
    await house.three_workers_come()
    for plan, (_, _, _, runs) in zip(house.plans, POLICIES, strict=True):
        ticks = house.passed(plan, await house.store.time_ms())
        standing = await house.standing(plan)
        assert await house.queued(plan) == ids_of(plan, ticks[:runs])
        assert (standing.number("runs"), standing.number("missed")) == (runs, DAYS - runs)
        assert standing.last_ms(plan.timetable.name) == ticks[0]


async def test_what_was_caught_up_with_is_not_caught_up_with_again(house: Absent) -> None:
    await house.three_workers_come()
    before = [await house.queued(plan) for plan in house.plans]
    await house.three_workers_come()
    assert [await house.queued(plan) for plan in house.plans] == before


# ---------------------------------------------------------------------- all that is declared

MOST = {CatchUp.SKIP: 1, CatchUp.ONE: 1}
"""How many jobs a way to catch up makes at most, whatever was missed."""


async def test_every_declared_schedule_catches_up_after_eight_days_beside_all_others(store: Store) -> None:
    declared = Catalogue.discover("arqlight_jobs").queues.values()
    fleet = await Absent.since(store, [queue for queue in declared if queue.schedules], milliseconds(8 * DAY))
    began_ms = await store.time_ms()
    await fleet.three_workers_come()
    for plan in fleet.plans:
        standing, jobs = await fleet.standing(plan), await fleet.queued(plan)
        ticks = fleet.passed(plan, standing.last_ms(plan.timetable.name))
        on_time = sum(tick > began_ms for tick in ticks)  # a minute may begin while the workers come
        most = MOST.get(plan.schedule.catch_up, plan.schedule.at_most)
        assert ticks, plan.schedule.name
        assert jobs <= ids_of(plan, ticks[: most + on_time])
        assert len(jobs) >= min(most, len(ticks)) or plan.schedule.catch_up is CatchUp.SKIP
        assert standing.number("runs") == len(jobs)
        assert 0 <= standing.number("missed") - (len(ticks) - len(jobs)) <= on_time
