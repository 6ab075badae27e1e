"""What was written to the bot, and what it is to say, is not lost with its job: it is queued again, or given up."""

from datetime import timedelta
from typing import Any

import pytest

from arqlight.demo.world.stand_in import Fault
from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.clock import now
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import Discard
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import DAY, HOUR, MINUTE
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import left_behind, updates, wishing
from arqlight_jobs.flrts.left_behind import LEFT
from arqlight_jobs.flrts.reminders_schedule import schedules, sweep
from arqlight_jobs.flrts.requests import CommandCame, ReminderSweep, Said, TaskAsked
from arqlight_jobs.flrts.tables import speech
from arqlight_jobs.flrts.tables.wishes import wishes
from arqlight_jobs.flrts.telegram_command import commands
from arqlight_jobs.flrts.telegram_outbound import outbound
from tests.faults.fleet import eventually
from tests.faults.shop import serving
from tests.unit.flrts.hub import CHAT, Hub
from tests.unit.flrts.making import ASKED, failed, made, said
from tests.unit.flrts.telling import Telling

Catalogue.discover("arqlight_jobs")

LONG_AGO = LEFT + MINUTE


async def swept(hub: Hub) -> tuple[dict[str, int], list[Any]]:
    """What one look has found, and the payloads of what it has queued."""
    run = hub.run("a-sweep")
    return await sweep.handler(run, ReminderSweep()), [payload for _, payload in run.queued]


async def heard(hub: Hub, ago: timedelta) -> int:
    """Somebody has written so long ago; the number of it."""
    taken = await updates.take(hub.records, Telling(hub).bot.write(CHAT, "/list"))
    assert taken.update_id
    async with hub.records.engine.begin() as connection:
        this = speech.updates.c.update_id == taken.update_id
        await connection.execute(speech.updates.update().where(this).values(received_at=now() - ago))
    return taken.update_id


# ------------------------------------------------------------------ what was written


async def test_what_nobody_has_heeded_for_a_while_is_queued_again(both: Hub) -> None:
    lost = await heard(both, LONG_AGO)
    await heard(both, MINUTE)
    await heard(both, DAY + MINUTE)
    await Telling(both).heed(await heard(both, LONG_AGO))
    told, queued = await swept(both)
    assert (told["updates"], queued) == (1, [CommandCame(lost)])


# ------------------------------------------------------------------ what is to be said


async def test_what_nobody_has_said_for_a_while_is_queued_again(both: Hub) -> None:
    telling = Telling(both)
    await telling.put("lost", at=now() - LONG_AGO)
    await telling.put("new", at=now() - MINUTE)
    await telling.put("said", at=now() - LONG_AGO, state="sent")
    told, queued = await swept(both)
    assert (told["messages"], queued) == (1, [Said("lost")])
    for _ in range(2):
        await telling.say_all(Said("lost"))
    assert (len(telling.bot.messages), await telling.message("lost")) == (1, ("sent", ""))
    assert (await swept(both))[1] == []


async def test_what_could_not_be_said_within_a_day_is_given_up_and_still_sent_where_its_job_gets_through(
    both: Hub,
) -> None:
    telling = Telling(both)
    await telling.put("old", at=now() - DAY - MINUTE)
    await telling.put("young", at=now() - DAY + HOUR)
    told, queued = await swept(both)
    assert (told["given_up"], queued) == (1, [Said("young")])
    assert await telling.message("old") == ("failed", "it could not be said in time")
    assert await telling.message("young") == ("queued", "")
    assert (await swept(both))[0]["given_up"] == 0
    await telling.say(Said("old", CHAT))
    assert await telling.message("old") == ("sent", "")


async def test_one_look_takes_no_more_than_so_many_the_oldest_first(both: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_behind, "MOST", 2)
    for number in range(3):
        await Telling(both).put(f"m{number}", at=now() - LONG_AGO - number * MINUTE)
        await Telling(both).put(f"old{number}", at=now() - 2 * DAY - number * MINUTE)
    found = [await swept(both) for _ in range(2)]
    assert [told["given_up"] for told, _ in found] == [2, 1]
    assert found[1][1] == [Said("m2"), Said("m1")]


# ------------------------------------------------------------------ what was asked for


async def test_who_has_waited_for_a_task_in_vain_is_told_once(both: Hub) -> None:
    """Its job may be dead of its deadline, or nowhere."""
    await Telling(both).hears("/new Buy milk")
    assert (await swept(both))[0]["in_vain"] == 0
    async with both.records.engine.begin() as connection:
        await connection.execute(wishes.update().values(until=now() - LONG_AGO))
    told, queued = await swept(both)
    [wish] = await both.rows(wishes)
    assert (told["in_vain"], queued) == (1, [Said(f"task-late-{wish['mark']}")])
    assert "Failed to create task within a day: Buy milk" in await said(both)
    assert (wish["over"], wish["title"], (await swept(both))[0]["in_vain"]) == (True, "", 0)


@pytest.mark.parametrize("fault", [None, Fault(status=422)])
async def test_who_knows_how_a_task_has_ended_does_not_wait_for_it_any_more(hub: Hub, fault: Fault | None) -> None:
    _, run = await Telling(hub).hears("/new Buy milk")
    asked = next(payload for _, payload in run.queued if isinstance(payload, TaskAsked)) if run else ASKED
    if fault:
        hub.world.at_openproject.script(fault)
        assert type(await failed(hub, asked)) is Discard
    else:
        await made(hub, asked)
    [wish] = await hub.rows(wishes)
    assert (wish["over"], wish["title"]) == (True, "")
    async with hub.records.engine.begin() as connection:
        await wishing.wish(connection, asked, wish["mark"])
        await connection.execute(wishes.update().values(until=now() - LONG_AGO))
    assert (await swept(hub))[0]["in_vain"] == 0


# ------------------------------------------------------------------ on workers


async def test_after_redis_has_lost_everything_words_get_through_once(store: Store, hub: Hub) -> None:
    queues = [schedules, commands, outbound]
    await publish(store, queues)
    telling = Telling(hub)
    await heard(hub, LONG_AGO)
    await telling.put(at=now() - LONG_AGO)
    async with serving(store, *queues, settings=hub.settings):
        for _ in range(2):
            await enqueue(store, sweep, ReminderSweep())

        async def all_is_said() -> bool:
            return [row["state"] for row in await hub.rows(speech.messages)] == ["sent"] * 2

        await eventually(all_is_said)
        await enqueue(store, sweep, ReminderSweep())

        async def all_is_done() -> bool:
            counts = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
            return counts[schedules.name][JobState.COMPLETED] == 3

        await eventually(all_is_done)
    assert len(telling.bot.told(CHAT)) == 2
