"""What operators see of schedules and do to them, on a real server and from the command line."""

import asyncio
import json
from typing import Any

import pytest

from arqlight import cli
from arqlight_core import observe
from arqlight_core.codec import decode_job
from arqlight_core.errors import ScheduleIdle, ScheduleNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import ScheduleView
from arqlight_core.operations import pause_schedule, resume_schedule, run_schedule
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.store.line import Line, dead
from tests.store.test_fire import minutes_between
from tests.store.ticking import MINUTE_MS, NAME, Ticking, house

BERLIN = "Europe/Berlin"


@pytest.fixture
async def ticking(store: Store) -> Ticking:
    """A schedule whose next tick is far."""
    made = await Ticking.of(store, "30 2 1 1 *", zone=BERLIN)
    await made.turn()
    return made


async def seen(store: Store) -> ScheduleView:
    [view] = await observe.schedules(store)
    return view


# ---------------------------------------------------------------------- what is seen


async def test_a_view_tells_when_it_ticks_in_words_and_where_it_stands(ticking: Ticking):
    view = await seen(ticking.store)
    assert (view.name, view.queue, view.job_type) == (NAME, "test:house", "tidy_up")
    assert (view.cron, view.spoken, view.timezone) == ("30 2 1 1 *", "At 02:30 on January 1", BERLIN)
    assert view.next_ms == ticking.plan.next_ms(view.at_ms)
    assert (view.runs, view.missed, view.last_job, view.last_state, view.paused) == (0, 0, "", None, None)
    assert view.condition == "ticking"


async def test_a_view_tells_what_became_of_the_last_job(store: Store):
    ticking = await Ticking.of(store)
    await ticking.last_was(MINUTE_MS)
    await ticking.turn()
    view = await seen(store)
    assert (view.last_job, view.last_state, view.runs) == ((await ticking.jobs())[-1], State.WAITING, 1)
    assert view.at_ms - view.run_ms < MINUTE_MS
    line = Line(store, ticking.raw, ticking.keys)
    await line.bury(await line.lease(), dead())
    view = await seen(store)
    assert (view.last_state, view.condition) == (State.DEAD, "last failed")


async def test_a_schedule_that_no_worker_looks_after_says_so(ticking: Ticking):
    await ticking.note({f"seen {ticking.plan.timetable.name}": await ticking.store.time_ms() - 10 * MINUTE_MS})
    assert (await seen(ticking.store)).condition == "no worker"


async def test_a_declared_schedule_that_no_worker_has_seen_yet_is_shown_empty(store: Store):
    await publish(store, [house("0 0 * * *")])
    view = await seen(store)
    assert (view.condition, view.next_ms, view.timezone, view.runs) == ("no worker", 0, "UTC", 0)


async def test_a_schedule_that_is_declared_no_more_is_seen_no_more(ticking: Ticking):
    bare = house()
    bare.schedules.clear()
    await publish(ticking.store, [bare])
    assert await observe.schedules(ticking.store) == ()


# ---------------------------------------------------------------------- what is done


async def test_a_pause_names_who_and_why_and_stands_until_it_is_resumed(ticking: Ticking):
    store = ticking.store
    assert (await pause_schedule(store, NAME, actor="ada", reason="holidays")).changed == 1
    again = await pause_schedule(store, NAME, actor="bob")
    assert (again.changed, again.skipped) == (0, {"paused already": 1})
    view = await seen(store)
    assert view.paused
    assert (view.condition, view.paused.by, view.paused.reason) == ("paused", "ada", "holidays")
    assert (await resume_schedule(store, NAME, actor="ada")).changed == 1
    assert (await resume_schedule(store, NAME, actor="ada")).skipped == {"not paused": 1}
    assert (await seen(store)).paused is None


async def test_a_run_out_of_turn_has_an_id_of_its_own_and_leaves_the_ticks_alone(store: Store):
    ticking = await Ticking.of(store)
    since = await ticking.last_was(MINUTE_MS)
    await ticking.turn()
    standing, now = await ticking.look()
    report = await run_schedule(store, NAME, actor="ada", reason="now")
    assert report.changed == 1
    [extra] = set(await ticking.jobs()) - set(minutes_between(since, now))
    assert report.summary == f"queued {extra}"
    after, _ = await ticking.look()
    assert after.last_ms("* * * * * UTC") == standing.last_ms("* * * * * UTC")
    assert (await seen(store)).last_job == extra


async def test_a_run_out_of_turn_is_the_same_job_as_if_it_were_queued_now(ticking: Ticking):
    await run_schedule(ticking.store, NAME, actor="ada")
    standing, now = await ticking.look()
    template = decode_job(standing.fields["template"])
    [job_id] = await ticking.jobs()
    run = decode_job(await ticking.raw.get(f"arq:job:{job_id}"))
    assert (run.function, run.args) == (template.function, template.args) == ("tidy_up", ({"name": "hall"},))
    assert run.correlation_id != template.correlation_id
    assert run.deadline_ms - run.enqueued_ms == template.deadline_ms - template.enqueued_ms > 0
    assert template.enqueued_ms <= run.enqueued_ms <= now
    score = await ticking.raw.zscore(ticking.keys.wire, job_id)
    assert score % 1 == ticking.plan.job_type.priority.lane


async def test_a_run_whose_answer_was_lost_queues_nothing_again(ticking: Ticking):
    call = scripts.run_schedule(ticking.keys, NAME, "ada", "", ticking.keys.job_id("x"), b"payload", 0.5)
    assert await ticking.store.run_all([call, call]) == [True, True]
    assert len(await ticking.jobs()) == await ticking.noted("runs") == 1


async def test_a_paused_schedule_can_be_run_and_stays_paused(ticking: Ticking):
    await pause_schedule(ticking.store, NAME, actor="ada")
    await run_schedule(ticking.store, NAME, actor="ada")
    assert len(await ticking.jobs()) == 1
    assert (await seen(ticking.store)).condition == "paused"


async def test_a_schedule_that_no_worker_has_seen_cannot_be_run(store: Store):
    await publish(store, [house()])
    with pytest.raises(ScheduleIdle, match=f"No worker has looked after {NAME} yet; start"):
        await run_schedule(store, NAME, actor="ada")


@pytest.mark.parametrize("operation", [run_schedule, pause_schedule, resume_schedule])
async def test_a_dry_run_changes_nothing_and_an_unknown_name_is_told_with_the_known_ones(
    ticking: Ticking, operation: Any
):
    before = await ticking.raw.dump(f"{ticking.keys.prefix}schedule:{NAME}")
    assert (await operation(ticking.store, NAME, actor="ada", dry_run=True)).changed == 0
    assert await ticking.raw.dump(f"{ticking.keys.prefix}schedule:{NAME}") == before
    assert await ticking.jobs() == []
    with pytest.raises(ScheduleNotFound, match=f"no schedule tidi; known are: {NAME}"):
        await operation(ticking.store, "tidi", actor="ada")


async def test_a_dry_run_says_when_the_run_would_change_nothing(ticking: Ticking):
    store = ticking.store
    assert (await resume_schedule(store, NAME, actor="ada", dry_run=True)).skipped == {"not paused": 1}
    assert (await pause_schedule(store, NAME, actor="ada", dry_run=True)).summary == f"would pause {NAME}"
    await pause_schedule(store, NAME, actor="ada")
    assert (await pause_schedule(store, NAME, actor="ada", dry_run=True)).skipped == {"paused already": 1}
    assert (await resume_schedule(store, NAME, actor="ada", dry_run=True)).summary == f"would resume {NAME}"


async def test_what_is_done_is_told_with_who_and_why(ticking: Ticking):
    for operation in (pause_schedule, resume_schedule, run_schedule):
        await operation(ticking.store, NAME, actor="ada", reason="a test")
    told = [fields for _, fields in await ticking.store.events(ticking.keys, 9)]
    assert [fields["kind"] for fields in told] == ["run_schedule", "resume_schedule", "pause_schedule"]
    assert {(fields["schedule"], fields["by"], fields["reason"]) for fields in told} == {(NAME, "ada", "a test")}


# ---------------------------------------------------------------------- from the command line


@pytest.fixture
async def terminal(ticking: Ticking, shared_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Ticking:
    monkeypatch.setenv("REDIS_URL", shared_server.url)
    return ticking


async def typed(*words: str) -> int:
    return await asyncio.to_thread(cli.run, words)


async def test_the_command_line_pauses_runs_and_resumes_by_the_schedules_name(
    terminal: Ticking, capsys: pytest.CaptureFixture[str]
):
    assert await typed("pause-schedule", NAME, "--reason", "holidays") == 0
    assert await typed("run-schedule", NAME, "--json") == 0
    assert len(await terminal.jobs()) == 1
    capsys.readouterr()
    assert await typed("schedules", "--json") == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["name"], told["condition"], told["paused"]["reason"]) == (NAME, "paused", "holidays")
    assert await typed("resume-schedule", NAME) == 0
    assert await typed("resume-schedule", "tidi") == 2
    assert f"known are: {NAME}" in capsys.readouterr().err


async def test_the_table_shows_moments_as_clocks_of_the_schedules_zone(
    terminal: Ticking, capsys: pytest.CaptureFixture[str]
):
    assert await typed("schedules") == 0
    told = capsys.readouterr().out
    assert "-01-01 02:30 CET" in told
    assert "At 02:30 on January 1" in told
    assert terminal.queue.name in told
