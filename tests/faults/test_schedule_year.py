"""A year of schedules, clocks put forward and back in it, and eight workers that restart, stall and repeat themselves.

The year is a past one, so that the real script on the real server judges each of its ticks to have come.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arqlight_core.declaration import Queue
from arqlight_core.policy import MINUTE, Backoff, CatchUp, Schedule
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Call
from arqlight_fleet.schedules import Plan, plans_of
from arqlight_fleet.served import ServedQueue
from tests.store.ticking import Room, tidy
from tests.unit.test_ticks import by_hand

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

SECOND_MS, MINUTE_MS, HOUR_MS = 1000, 60_000, 3_600_000
BEGIN, END = (round(datetime(year, 1, 1, 12, tzinfo=UTC).timestamp() * 1000) for year in (2024, 2025))
SCHEDULES = (
    ("nightly", "30 2 * * *", CatchUp.ALL),
    ("early", "30 1 * * *", CatchUp.ALL),
    ("hourly", "0 * * * *", CatchUp.ALL),
    ("newest", "*/30 1-3 * * *", CatchUp.ONE),
    ("punctual", "15 */2 * * *", CatchUp.SKIP),
)


def house(zone: str) -> Queue:
    queue = Queue("faults:house", "Is kept tidy all year.", concurrency=1)
    queue.job("tidy_up", Room, timeout=MINUTE, retry=Backoff(1))(tidy)
    for name, cron, catch_up in SCHEDULES:
        queue.schedule(Schedule(name, cron, "tidy_up", {"name": "hall"}, zone, catch_up, at_most=500))
    return queue


@dataclass
class Simulated:
    """A worker: it looks, and fires what it found due; in between it may stall until it is woken the next time."""

    store: Store
    plans: list[Plan]
    dice: random.Random
    held: list[Call[int]] = field(default_factory=list[Call[int]])

    async def wake(self, now_ms: int) -> None:
        fate = self.dice.random()
        if fate < 0.15:  # restarted: what it was about to do is forgotten
            self.held = []
            return
        if not self.held:
            self.held = await self.found(now_ms)
        if fate < 0.4:  # stalls
            return
        times = 2 if fate < 0.5 else 1  # an answer is lost, and the call is sent again
        calls, self.held = self.held, []
        for _ in range(times):
            await self.store.run_all(calls)

    async def found(self, now_ms: int) -> list[Call[int]]:
        looks = [scripts.schedules(plan.queue, [plan.schedule.name]) for plan in self.plans]
        standings = [answer.each[0] for answer in await self.store.run_all(looks)]
        calls = [plan.firing(standing, now_ms) for plan, standing in zip(self.plans, standings, strict=True)]
        return [call for call in calls if call]


def next_moment(now_ms: int, plans: list[Plan], dice: random.Random) -> int:
    """Some hours later; or just after a tick; or, rarely, after days without anybody."""
    kind = dice.random()
    if kind < 0.02:
        return now_ms + dice.randrange(12 * HOUR_MS, 72 * HOUR_MS)
    later = now_ms + dice.randrange(MINUTE_MS, 10 * HOUR_MS)
    if kind < 0.5:
        return later
    return dice.choice(plans).next_ms(later) + dice.randrange(20 * SECOND_MS)


def moments(plans: list[Plan], dice: random.Random) -> list[int]:
    """When somebody is awake: now and then all year, and every few minutes on the days when clocks are changed."""
    awake, now = list[int](), BEGIN
    while now < END:
        before = datetime.fromtimestamp(now / 1000, plans[0].timetable.zone)
        after = datetime.fromtimestamp(now / 1000 + 86_400, plans[0].timetable.zone)
        is_changing = before.utcoffset() != after.utcoffset()
        now = now + dice.randrange(20 * MINUTE_MS) if is_changing else next_moment(now, plans, dice)
        awake.append(now)
    return [moment for moment in awake if moment < END]


async def begun(store: Store, plans: list[Plan]) -> Any:
    """The client underneath; every schedule has begun with the year."""
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - sets the past
    for plan in plans:
        await raw.hset(f"{plan.queue.prefix}schedule:{plan.schedule.name}", f"last {plan.timetable.name}", BEGIN)
    return raw


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
async def test_in_a_year_no_tick_is_missed_and_none_has_two_jobs(store: Store, zone: str):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    dice = random.Random(seed)  # noqa: S311 - it chooses faults
    plans = plans_of([ServedQueue.declared(house(zone))], ZoneInfo("UTC"), Sealer.of(Settings()))
    raw = await begun(store, plans)
    workers = [Simulated(store, plans, dice) for _ in range(8)]
    for moment in moments(plans, dice):
        for worker in dice.sample(workers, dice.choice((1, 1, 2, 3, 8))):
            await worker.wake(moment)
    for _ in range(2):  # what stalled workers hold may be older
        await store.run_all(await workers[0].found(END))
    for plan in plans:
        await check(store, raw, plan)
    queue = plans[0].queue
    totals = await raw.hgetall(f"{queue.prefix}totals")
    assert int(totals[b"enqueued"]) == await raw.zcard(queue.wire)
    assert b"deduplicated" not in totals  # the script alone kept ticks single, not the ids of their jobs


async def check(store: Store, raw: Any, plan: Plan) -> None:
    """Every tick of the year has run once or is counted as missed, as the policy says."""
    ticks = {plan.job(tick).job_id for tick in by_hand(plan.timetable, BEGIN, END)}
    prefix = QueueKeys.declared("faults:house").job_id(f"{plan.schedule.name}@")
    jobs = {one.decode() for one in await raw.zrange(plan.queue.wire, 0, -1) if one.decode().startswith(prefix)}
    [standing] = (await store.run(scripts.schedules(plan.queue, [plan.schedule.name]))).each
    assert jobs <= ticks
    assert (standing.number("runs"), standing.number("missed")) == (len(jobs), len(ticks) - len(jobs))
    if plan.schedule.catch_up is CatchUp.ALL:
        assert jobs == ticks
    else:
        assert len(ticks) > len(jobs) > 20
