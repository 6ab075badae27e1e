"""A tick has one job in the whole fleet: whoever fires it, however often, whatever was lost on the way."""

import asyncio
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis.exceptions import RedisError

from arqlight_core import observe
from arqlight_core.clock import from_ms
from arqlight_core.codec import decode_job
from arqlight_core.jobs import State
from arqlight_core.operations import pause_schedule, resume_schedule
from arqlight_core.policy import DAY, HOUR, CatchUp, Priority, Unique, milliseconds
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.scripts import Call, Standing
from arqlight_fleet.schedules import LOOK_EVERY, RETRY_EVERY, Schedules
from arqlight_fleet.served import ServedQueue
from tests.store.ticking import MINUTE_MS, NAME, Ticking

HOUR_MS = milliseconds(HOUR)


def job_id(tick_ms: int, queue: str = "test:house") -> str:
    return f"{{{queue}}}:{NAME}@{from_ms(tick_ms):%Y-%m-%dT%H:%M}Z"


def minutes_between(begin_ms: int, end_ms: int) -> list[str]:
    """The ids of a minutely schedule's jobs after a moment and up to another."""
    return [job_id(tick) for tick in range(begin_ms - begin_ms % MINUTE_MS + MINUTE_MS, end_ms + 1, MINUTE_MS)]


async def test_a_new_schedule_begins_with_its_next_tick_and_not_with_its_past(store: Store):
    ticking = await Ticking.of(store, "0 0 1 1 *")
    assert await ticking.turn() == 0
    assert await ticking.jobs() == []
    standing, now = await ticking.look()
    assert standing.number("next") == ticking.plan.next_ms(now) > now
    assert now - standing.last_ms("0 0 1 1 * UTC") < MINUTE_MS


async def test_missed_ticks_are_queued_once_each_in_their_order_with_what_an_enqueue_gives_a_job(store: Store):
    ticking = await Ticking.of(store)
    since = await ticking.last_was(5 * MINUTE_MS)
    assert await ticking.turn() in (5, 6)
    expected = minutes_between(since, await store.time_ms())
    assert (await ticking.jobs())[:5] == expected[:5]
    payload = await ticking.raw.get(f"arq:job:{expected[0]}")
    envelope = decode_job(payload)
    assert (envelope.function, envelope.args) == ("tidy_up", ({"name": "hall"},))
    assert envelope.correlation_id
    window = await observe.window(store, ticking.queue.name, State.WAITING, 0, 1)
    assert window.rows[0].moment_ms > since + 4 * MINUTE_MS  # due since it was fired, not since its tick
    score = await ticking.raw.zscore(ticking.keys.wire, expected[0])
    assert score % 1 == Priority.HIGH.lane


async def test_eight_workers_that_look_at_the_same_moment_queue_one_job_for_each_tick(store: Store):
    ticking = await Ticking.of(store)
    since = await ticking.last_was(3 * MINUTE_MS)
    seen = await ticking.look()
    calls = [ticking.plan.firing(*seen) for _ in range(8)]
    answers = await asyncio.gather(*(store.run(call) for call in calls if call))
    assert sorted(answers)[:7] == [-1] * 7
    assert await ticking.jobs() == minutes_between(since, seen[1])
    assert "deduplicated" not in await ticking.totals()  # not by the ids of the jobs alone


async def test_a_call_whose_answer_was_lost_queues_nothing_again(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(2 * MINUTE_MS)
    call = ticking.plan.firing(*await ticking.look())
    assert call
    queued = await store.run(call)
    assert queued in (2, 3)
    for job in await ticking.jobs():  # done meanwhile, and forgotten
        await ticking.raw.zrem(ticking.keys.wire, job)
        await ticking.raw.delete(f"arq:job:{job}")
    assert await store.run(call) == -1
    assert await ticking.jobs() == []
    assert await ticking.noted("runs") == queued


async def test_a_worker_whose_clock_is_ahead_fires_nothing_before_the_server_says_so(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(0)
    standing, now = await ticking.look()
    early = ticking.plan.firing(standing, now + HOUR_MS)
    assert early
    assert await store.run(early) == -2
    assert await ticking.jobs() == []
    assert (await ticking.look())[0] == standing


async def test_ticks_beyond_what_is_caught_up_with_are_counted_and_told(store: Store):
    ticking = await Ticking.of(store, catch_up=CatchUp.ONE)
    await ticking.last_was(10 * MINUTE_MS)
    assert await ticking.turn() == 1
    assert await ticking.noted("missed") in (9, 10)
    [event] = [fields for _, fields in await store.events(ticking.keys, 9) if fields["kind"] == "missed"]
    assert (event["schedule"], event["ticks"]) == (NAME, str(await ticking.noted("missed")))


async def test_a_changed_expression_begins_anew_and_its_forerunner_still_ticks_beside_it(store: Store):
    before = await Ticking.of(store, "* * * * *")
    since = await before.last_was(3 * MINUTE_MS)
    after = await Ticking.of(store, "*/1 * * * *")
    assert await after.turn() == 0
    assert await after.jobs() == []
    await after.last_was(3 * MINUTE_MS)
    await before.turn()
    await after.turn()
    assert (await before.jobs())[:3] == minutes_between(since, await store.time_ms())[:3]
    assert (await before.totals())["deduplicated"] >= 3  # one job where both tick


async def test_a_timetable_that_no_worker_has_any_more_is_forgotten(store: Store):
    before = await Ticking.of(store, "0 1 1 1 *")
    await before.turn()
    after = await Ticking.of(store, "0 2 1 1 *")
    await after.turn()
    assert (await after.look())[0].last_ms("0 1 1 1 * UTC")
    await before.note({"seen 0 1 1 1 * UTC": await store.time_ms() - HOUR_MS, "seen 0 2 1 1 * UTC": 0})
    await after.turn()
    standing, _ = await after.look()
    assert (standing.last_ms("0 1 1 1 * UTC"), standing.seen_ms("0 1 1 1 * UTC")) == (0, 0)
    assert standing.last_ms("0 2 1 1 * UTC")


async def test_a_paused_schedule_lets_its_ticks_pass_and_counts_them(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(4 * MINUTE_MS)
    await pause_schedule(store, NAME, actor="ada", reason="holidays")
    assert await ticking.turn() == 0
    assert await ticking.jobs() == []
    assert await ticking.noted("missed") in (4, 5)
    assert [fields["kind"] for _, fields in await store.events(ticking.keys, 9)] == ["pause_schedule"]


async def test_a_pause_between_look_and_fire_is_heeded(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(4 * MINUTE_MS)
    call = ticking.plan.firing(*await ticking.look())
    assert call
    await pause_schedule(store, NAME, actor="ada")
    assert await store.run(call) == 0
    assert await ticking.jobs() == []
    assert await ticking.noted("missed") in (4, 5)


async def test_what_passed_in_a_pause_is_not_caught_up_with_after_it_even_if_nobody_was_there(store: Store):
    ticking = await Ticking.of(store)
    await pause_schedule(store, NAME, actor="ada")
    await ticking.last_was(5 * MINUTE_MS)
    await resume_schedule(store, NAME, actor="ada")
    await ticking.note({"resumed": await store.time_ms() - 2 * MINUTE_MS})
    assert await ticking.turn() in (2, 3)
    assert await ticking.noted("missed") in (3, 4)


async def test_a_tick_whose_unique_key_is_held_is_not_queued(store: Store):
    ticking = await Ticking.of(store, unique=Unique(HOUR))
    since = await ticking.last_was(3 * MINUTE_MS)
    assert await ticking.turn() == 1
    assert await ticking.jobs() == minutes_between(since, since + MINUTE_MS)


async def test_a_schedule_that_a_wrong_server_clock_settled_far_ahead_begins_anew(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(-2 * milliseconds(DAY))
    assert await ticking.turn() == 0
    standing, now = await ticking.look()
    assert now - MINUTE_MS < standing.last_ms("* * * * * UTC") <= now


async def test_after_a_small_step_back_of_the_servers_clock_nothing_runs_twice(store: Store):
    ticking = await Ticking.of(store)
    ahead = await ticking.last_was(-HOUR_MS)
    assert await ticking.turn() == 0
    standing, now = await ticking.look()
    assert standing.last_ms("* * * * * UTC") == ahead
    assert now - standing.seen_ms("* * * * * UTC") < MINUTE_MS  # it is looked after all the same


async def test_a_full_server_takes_no_tick_and_the_tick_is_fired_when_it_has_room_again(store: Store):
    ticking = await Ticking.of(store)
    since = await ticking.last_was(2 * MINUTE_MS)
    try:
        await ticking.raw.config_set("maxmemory", 1)
        with pytest.raises(RedisError, match="used memory"):
            await ticking.turn()
        assert (await ticking.look())[0].last_ms("* * * * * UTC") == since
    finally:
        await ticking.raw.config_set("maxmemory", 0)
    assert await ticking.turn() in (2, 3)


async def test_who_has_nothing_to_fire_writes_no_more_than_once_a_minute(store: Store):
    ticking = await Ticking.of(store, "0 0 1 1 *")
    await ticking.turn()
    standing, now = await ticking.look()
    assert ticking.plan.firing(standing, now) is None
    assert ticking.plan.firing(standing, now + 2 * MINUTE_MS)


async def test_a_call_with_another_payload_changes_nothing_about_whose_tick_it_is(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(2 * MINUTE_MS)
    seen = await ticking.look()
    first, second = (_of(ticking, seen, payload) for payload in ("hall", "attic"))
    assert await store.run(first) > 0
    assert await store.run(second) == -1
    payloads = [await ticking.raw.get(f"arq:job:{job}") for job in await ticking.jobs()]
    assert {decode_job(payload).args[0]["name"] for payload in payloads} == {"hall"}


def _of(ticking: Ticking, seen: tuple[Standing, int], name: str) -> Call[int]:
    call = replace(ticking.plan, schedule=replace(ticking.plan.schedule, payload={"name": name})).firing(*seen)
    assert call
    return call


async def test_the_noted_state_outlives_any_usual_pause_of_a_fleet_and_not_for_ever(store: Store):
    ticking = await Ticking.of(store, "0 0 1 1 *")
    await ticking.turn()
    left = await ticking.raw.pttl(f"{ticking.keys.prefix}schedule:{NAME}")
    assert 366 * milliseconds(DAY) < left <= 400 * milliseconds(DAY)
    assert await store.run(scripts.schedules(ticking.keys, ["unknown"])) is not None


async def test_a_worker_rests_until_the_next_tick_and_never_longer_than_half_a_minute(store: Store):
    rests = list[float]()
    for cron in ("* * * * *", "0 0 1 1 *"):
        ticking = await Ticking.of(store, cron)
        schedules = Schedules([ServedQueue.declared(ticking.queue)], ZoneInfo("UTC"), Sealer.of(Settings()))
        now = await store.time_ms()
        assert await schedules.look(store) == "0 jobs queued"
        assert 0 < schedules.rest <= min(LOOK_EVERY, (ticking.plan.next_ms(now) - now) / 1000)
        rests.append(schedules.rest)
    assert rests[1] == LOOK_EVERY


async def test_a_look_that_meets_an_outage_is_soon_repeated(store: Store, folder: Path):
    ticking = await Ticking.of(store, "0 0 1 1 *")
    schedules = Schedules([ServedQueue.declared(ticking.queue)], ZoneInfo("UTC"), Sealer.of(Settings()))
    await schedules.look(store)
    away = Store(f"unix://{folder}/nobody.sock", retries=0)
    with pytest.raises(OUTAGES):
        await schedules.look(away)
    await away.close()
    assert schedules.rest == RETRY_EVERY
