"""What people tell the bot to do: each command has its job and its answer, once; who is too fast is told politely."""

from datetime import date, datetime, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_jobs.flrts import saying, updates
from arqlight_jobs.flrts.linking import make_code
from arqlight_jobs.flrts.requests import ChangeAsked, ReminderDue, Said, TaskAsked
from arqlight_jobs.flrts.tables import speech
from arqlight_jobs.flrts.tables.people import chats
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.speech import messages, uses
from arqlight_jobs.flrts.tables.tasks import changes, tasks
from arqlight_jobs.flrts.telegram_command import command
from tests.running import FakeRun
from tests.unit.flrts.hub import ANN, ANN_THERE, CHAT, Hub
from tests.unit.flrts.telling import Telling

STRANGER = "31337"
ZONE = "Asia/Tokyo"


@pytest.fixture
async def telling(hub: Hub) -> Telling:
    return Telling(hub)


async def task(hub: Hub, number: int, subject: str = "Planted subject", **told: Any) -> None:
    """One that the hub knows."""
    row: dict[str, Any] = {"id": number, "project": "1", "subject": subject, "description": "", "status": "New"}
    row |= {"closed": False, "due": None, "assignee": ANN_THERE, "lock_version": 1}
    async with hub.records.engine.begin() as connection:
        await connection.execute(insert(tasks), {**row, "updated_at": now(), "seen_at": now(), **told})


def asked(run: FakeRun | None) -> list[tuple[str, Any]]:
    """What a run has queued beside its answer."""
    return [one for one in run.queued if not isinstance(one[1], Said)] if run else []


def today(zone: str = "UTC") -> date:
    return now().astimezone(ZoneInfo(zone)).date()


# ------------------------------------------------------------------ each command


async def test_a_new_task_is_queued_with_its_day_in_the_user_s_zone(both: Hub) -> None:
    telling = Telling(both)
    await both.meet("tomo", "778", zone=ZONE)
    for chat, user, zone in ((CHAT, ANN, "UTC"), ("778", "tomo", ZONE)):
        text, run = await telling.hears("/new buy  milk | tomorrow", chat)
        [(job, payload)] = asked(run)
        day = (today(zone) + timedelta(days=1)).isoformat()
        assert (job, payload) == (
            "flrts.tasks.create",
            TaskAsked(user=user, title="buy milk", due=day, ref=payload.ref),
        )
        assert text == f"Making the task “buy milk”, due {day}."
        assert payload.ref in {row["id"] for row in await both.rows(messages)}
    assert len(await both.rows(messages)) == 2


@pytest.mark.parametrize(
    ("words", "days"), [("today", 0), ("+3d", 3), ("{:%Y-%m-%d}", 40), ("{:%d.%m.%Y}", 40), ("{:%A}", 7), ("", None)]
)
async def test_a_day_is_understood_as_people_write_it(telling: Telling, words: str, days: int | None) -> None:
    day = today() + timedelta(days=days or 0)
    _, run = await telling.hears(f"/new milk | {words.format(day)}")
    [(_, payload)] = asked(run)
    assert payload.due == ("" if days is None else day.isoformat())


async def test_a_task_is_closed_by_a_change_on_record(both: Hub) -> None:
    await task(both, 7)
    text, run = await Telling(both).hears("/done #7")
    [(job, payload)], [row] = asked(run), await both.rows(changes)
    assert (job, payload) == ("flrts.tasks.update", ChangeAsked(7, row["id"]))
    assert (row["fields"], row["user"], row["base"]) == ({"closed": True}, ANN, {"closed": False})
    assert text == "Closing #7 Planted subject."


@pytest.mark.parametrize(
    ("words", "wanted"), [("2040-02-29", "2040-02-29"), ("29.2.2040", "2040-02-29"), ("none", None)]
)
async def test_a_due_date_is_set_and_taken_away(telling: Telling, words: str, wanted: str | None) -> None:
    await task(telling.hub, 7, due=date(2039, 1, 1))
    _, run = await telling.hears(f"/due 7 {words}")
    [(job, payload)], [row] = asked(run), await telling.hub.rows(changes)
    assert (job, payload.change, row["fields"]) == ("flrts.tasks.update", row["id"], {"due": wanted})


async def test_a_reminder_is_planned_on_the_user_s_wall_and_its_job_waits(both: Hub) -> None:
    await both.meet("tomo", "778", zone=ZONE)
    await task(both, 7, assignee=None)
    text, run = await Telling(both).hears("/remind 7 2040-03-01 9:30", "778")
    [(job, payload)], [row] = asked(run), await both.rows(reminders)
    assert (job, payload) == ("flrts.reminders.send", ReminderDue(row["id"], 1))
    assert row["due_at"] == datetime(2040, 3, 1, 9, 30, tzinfo=ZoneInfo(ZONE))
    assert text == "I remind you of #7 Planted subject on 2040-03-01 at 09:30."
    assert run
    assert abs(run.delays[0] - (row["due_at"] - now())) < timedelta(minutes=1)


async def test_a_list_has_what_is_due_first_and_no_more_than_is_read(telling: Telling) -> None:
    assert (await telling.hears("/list"))[0] == "You have nothing to do."
    await task(telling.hub, 1, "late " + "x" * 200)
    await task(telling.hub, 2, "soon", due=date(2039, 1, 1))
    await task(telling.hub, 3, "done", closed=True)
    await task(telling.hub, 4, "another's", assignee=99)
    first, second = (await telling.hears("/list"))[0].splitlines()
    assert first == "#2 soon (due 2039-01-01)"
    assert len(second) == 3 + 100
    for number in range(10, 30):
        await task(telling.hub, number)
    assert (await telling.hears("/list"))[0].splitlines()[20:] == ["There are more."]


async def test_who_is_nobody_in_openproject_is_told_so(telling: Telling) -> None:
    await telling.hub.meet("ben", "778")
    assert "who you are in OpenProject" in (await telling.hears("/list", "778"))[0]
    assert "Open tasks: 0" in (await telling.hears("/status", "778"))[0]


async def test_a_status_says_who_one_is_and_what_is_open(telling: Telling) -> None:
    await task(telling.hub, 1, due=today() - timedelta(days=1))
    await task(telling.hub, 2)
    await telling.hears("/remind 2 +3d")
    told = "You are ann; your days are those of UTC. Open tasks: 2, of them overdue: 1. Reminders planned: 1."
    assert (await telling.hears("/status"))[0] == told


@pytest.mark.parametrize("text", ["/help", "/start", "/unknown", "hello", "/"])
async def test_what_is_no_command_is_answered_with_all_there_are(telling: Telling, text: str) -> None:
    told, run = await telling.hears(text)
    assert "/remind <task> <when>" in told
    assert asked(run) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/new", "needs a title"),
        ("/new milk | someday", "'someday' is no day"),
        ("/new milk | 2001-01-01", "is past"),
        (f"/new {'x' * 300}", "at most 255"),
        ("/done", "number comes first"),
        ("/done 8", "I know no task #8"),
        ("/due 7", "day is missing"),
        ("/due 7 2026-02-30", "is no day"),
        ("/due 8 tomorrow", "I know no task #8"),
        ("/remind 7", "moment is missing"),
        ("/remind 7 soon", "is no moment"),
        ("/remind 7 2001-01-01", "is past"),
        ("/remind 8 tomorrow", "I know no task #8"),
        ("/remind 6 tomorrow", "#6 is closed"),
    ],
)
async def test_what_is_typed_wrong_is_told_with_the_right_way_and_nothing_is_queued(
    telling: Telling, text: str, told: str
) -> None:
    await task(telling.hub, 7)
    await task(telling.hub, 6, closed=True)
    answer, run = await telling.hears(text)
    assert told in answer
    assert text.split(maxsplit=1)[0] in answer.splitlines()[-1]
    assert asked(run) == []
    assert not await telling.hub.rows(changes)
    assert not await telling.hub.rows(reminders)


# ------------------------------------------------------------------ once


async def test_an_update_is_heeded_once_whatever_runs_again(both: Hub) -> None:
    telling = Telling(both)
    await task(both, 7)
    for text in ("/done 7", "/remind 7 +2h", "/new milk"):
        taken = await updates.take(both.records, telling.bot.write(CHAT, text))
        assert taken.update_id
        first, run = await telling.heed(taken.update_id)
        await _forgets(both, taken.update_id)
        second, again = await telling.heed(taken.update_id)
        assert (second, again.queued) == (first, run.queued)
        _, last = await telling.heed(taken.update_id)
        assert last.queued == []
    assert [len(await both.rows(table)) for table in (changes, reminders, messages, uses)] == [1, 1, 3, 3]


async def _forgets(hub: Hub, number: int) -> None:
    """The run before has died just before it wrote that it was done."""
    async with hub.records.engine.begin() as connection:
        this = update(speech.updates).where(speech.updates.c.update_id == number)
        await connection.execute(this.values(state="received"))


async def test_an_update_that_is_not_there_ends_the_job(telling: Telling) -> None:
    with pytest.raises(Discard, match="no update 5"):
        await telling.heed(5)


async def test_what_was_ignored_stays_ignored(telling: Telling) -> None:
    number = (await updates.take(telling.hub.records, telling.bot.plant({}))).update_id
    assert number
    text, run = await telling.heed(number)
    assert (text, run.queued) == ("", [])


# ------------------------------------------------------------------ who


async def test_a_code_links_a_chat_also_when_its_run_dies_before_the_answer(both: Hub) -> None:
    telling = Telling(both)
    code = await make_code(both.records.engine, ANN)
    taken = await updates.take(both.records, telling.bot.write(STRANGER, f"/start {code}"))
    assert taken.update_id
    with mock.patch.object(saying, "say", side_effect=ConnectionError), pytest.raises(ConnectionError):
        await telling.heed(taken.update_id)
    text, run = await telling.heed(taken.update_id)
    assert text.startswith("This chat is linked now.")
    await _forgets(both, taken.update_id)
    assert (await telling.heed(taken.update_id))[0] == text
    assert [payload.message for _, payload in run.queued] == [updates.effect_of(taken.update_id)]
    assert await telling.chats() == {CHAT: True, STRANGER: True}
    assert "Open tasks" in (await telling.hears("/status", STRANGER))[0]
    assert [row["chat"] for row in await both.rows(messages)] == [STRANGER, STRANGER]


async def test_a_stranger_gets_one_answer_in_an_hour_and_no_work_is_queued(both: Hub) -> None:
    telling = Telling(both)
    told = [await telling.hears(text, STRANGER) for text in ("/new milk", "/new milk", "/start wrong", "/start bad")]
    assert [text for text, _ in told if text] == [told[0][0]]
    assert "I do not know this chat" in told[0][0]
    assert [one for _, run in told for one in asked(run)] == []
    assert "I do not know this code" in (await telling.hears("/start wrong", "4711"))[0]


async def test_who_is_known_and_sends_a_wrong_code_is_told_so(telling: Telling) -> None:
    assert "I do not know this code" in (await telling.hears("/start wrong"))[0]


async def test_a_chat_that_was_silent_is_active_again_once_somebody_writes_there(telling: Telling) -> None:
    async with telling.hub.records.engine.begin() as connection:
        await connection.execute(update(chats).values(active=False, inactive_because="blocked"))
    await telling.hears("/help")
    assert await telling.chats() == {CHAT: True}


async def test_the_eleventh_of_a_kind_within_a_minute_is_answered_politely_once(both: Hub) -> None:
    telling = Telling(both)
    told = [await telling.hears(f"/new task {number}") for number in range(14)]
    assert [len(asked(run)) for _, run in told] == [1] * 10 + [0] * 4
    assert [text for text, _ in told[10:]] == [
        "Not so fast: at most ten times /new in a minute. Try again in a minute.", "", "", ""
    ]  # fmt: skip
    assert "Open tasks" in (await telling.hears("/status"))[0]
    async with both.records.engine.begin() as connection:
        await connection.execute(uses.update().values(at=now() - timedelta(seconds=61)))
    assert len(asked((await telling.hears("/new task"))[1])) == 1


def test_the_job_names_all_that_it_queues() -> None:
    jobs = {"flrts.tasks.create", "flrts.tasks.update", "flrts.reminders.send", "flrts.telegram.outbound"}
    assert set(command.follow_ups) == jobs
