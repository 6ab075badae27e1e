"""Operations on a real server: a dry run counts, destruction is confirmed, and what is left alone is told with why."""

import inspect
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core.errors import NothingToUndo, QueueNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import (
    OPERATIONS,
    Operation,
    Report,
    Selection,
    Target,
    bulk,
    pause,
    purge,
    resume,
    retry,
    undo,
)
from arqlight_core.operations.carrying import Carrier
from arqlight_core.store import scripts
from tests.store.bulking import Bulk, order_of
from tests.store.line import FAR, QUEUE, Line, acted, cancelled, dead
from tests.store.test_bulk_deaths import steps_of

NAME = QUEUE.name
ALL_DEAD = Selection(NAME, State.DEAD, everything=True)
ALL_WAITING = Selection(NAME, State.WAITING, everything=True)


@pytest.mark.parametrize("chosen", [{}, {"ids": ("a",), "everything": True}])
def test_a_selection_is_of_ids_or_of_everything_and_never_of_nothing(chosen: dict[str, Any]):
    with pytest.raises(UsageError, match="not both, and not neither"):
        Selection(NAME, State.DEAD, **chosen)


async def test_a_dry_run_of_a_retry_counts_and_changes_nothing(line: Line):
    for one in "abc":
        await line.ended(one, dead())
    before = await line.picture()
    report = await retry(line.store, ALL_DEAD, actor="ada", dry_run=True)
    assert (report.changed, report.summary) == (3, "would retry 3 dead jobs of test:line")
    assert await line.picture() == before


@pytest.mark.parametrize("end", [dead(), cancelled()], ids=lambda end: end.state)
async def test_a_retry_of_all_makes_every_one_wait_again(line: Line, end: Any):
    for one in "abcde":
        await line.ended(one, end)
    with steps_of(2):
        report = await retry(line.store, Selection(NAME, State(end.state), everything=True), actor="ada")
    assert (report.changed, report.skipped, report.state) == (5, {}, "done")
    assert report.summary == f"retrying 5 {end.state} jobs of test:line"
    assert await line.counts() == {State.WAITING: 5}


async def test_a_retry_of_retrying_jobs_takes_them_all(line: Line):
    for one in "abc":
        await line.retry(await line.running(one))
    with steps_of(2):
        report = await retry(line.store, Selection(NAME, State.RETRYING, everything=True), actor="ada")
    assert report.changed == 3
    assert await line.counts() == {State.WAITING: 3}


async def test_a_retry_tells_what_it_left_alone_and_why(line: Line):
    for one in "ab":
        await line.ended(one, dead())
    await line.raw.hdel("arqlight:job:b", "payload")
    report = await retry(line.store, Selection(NAME, State.DEAD, ("a", "b", "never")), actor="ada")
    assert report.changed == 1
    assert report.skipped == {"its payload is gone": 1, "no such job": 1}


async def test_an_id_that_is_given_twice_is_one_job(line: Line):
    await line.ended("a", dead())
    plan = await retry(line.store, Selection(NAME, State.DEAD, ("a", "a", "never")), actor="ada", dry_run=True)
    report = await retry(line.store, Selection(NAME, State.DEAD, ("a", "a", "never")), actor="ada")
    assert (plan.changed, report.changed, report.skipped) == (2, 1, {"no such job": 1})


async def test_a_retry_of_all_goes_past_what_it_cannot_retry(line: Line):
    for one in "abc":
        await line.ended(one, dead())
    await line.raw.hdel("arqlight:job:a", "payload")
    with steps_of(1):
        report = await retry(line.store, ALL_DEAD, actor="ada")
    assert (report.changed, report.skipped) == (2, {"its payload is gone": 1})


async def test_an_operation_tells_that_it_was_asked_for_and_how_it_ended(line: Line):
    for one in "ab":
        await line.ended(one, dead())
    report = await retry(line.store, ALL_DEAD, actor="ada", reason="mended")
    asked, ended = await line.events("bulk")
    assert asked["bulk"] == ended["bulk"] == report.operation
    assert (asked["state"], asked["by"], asked["reason"], asked["jobs"]) == ("asked", "ada", "mended", "2")
    assert (ended["state"], ended["operation"], ended["jobs"]) == ("done", "retry", "2")


async def test_an_operation_on_nothing_is_done_and_leaves_no_trace(line: Line):
    report = await retry(line.store, ALL_DEAD, actor="ada")
    assert (report.changed, report.state) == (0, "done")
    assert await line.raw.keys(f"{QUEUE.prefix}*") == []
    assert await line.events("bulk") == []


async def test_what_died_after_the_operator_looked_is_not_retried(line: Line):
    await line.ended("seen", dead())
    moment = await line.store.time_ms()
    await line.passed(moment)
    await line.ended("unseen", dead())
    report = await retry(line.store, Selection(NAME, State.DEAD, (), True, moment), actor="ada")  # noqa: FBT003 - a field
    assert report.changed == 1
    assert await line.state("unseen") is State.DEAD


@pytest.mark.parametrize("state", [State.WAITING, State.ACTIVE, State.COMPLETED, State.SCHEDULED])
async def test_a_retry_of_what_cannot_be_retried_is_refused(line: Line, state: State):
    with pytest.raises(UsageError, match=f"that are {state} cannot take this; .* cancelled, dead, retrying"):
        await retry(line.store, Selection(NAME, state, everything=True), actor="ada")


@pytest.mark.parametrize("state", [State.ACTIVE, State.COMPLETED])
async def test_a_purge_of_what_runs_or_is_done_is_refused(line: Line, state: State):
    with pytest.raises(UsageError, match="cannot take this"):
        await purge(line.store, Selection(NAME, state, everything=True), actor="ada")


async def test_a_purge_of_one_job_asks_for_nothing_and_takes_only_that(line: Line):
    await line.put("a", "b")
    report = await purge(line.store, Selection(NAME, State.WAITING, ("a",)), actor="ada")
    assert report.changed == 1
    assert await line.claimed() == ["b"]


async def confirmed(line: Line, selection: Selection) -> Report:
    """A purge as an operator does it: looked at, then confirmed."""
    plan = await purge(line.store, selection, actor="ada", dry_run=True)
    return await purge(line.store, selection, actor="ada", confirm=plan.confirm)


async def test_a_purge_can_be_undone(line: Line):
    await line.put("a", "b", "c", delay_ms=FAR)
    with steps_of(2):
        moved = await confirmed(line, Selection(NAME, State.SCHEDULED, everything=True))
        assert await line.counts() == {}
        plan = await undo(line.store, NAME, actor="ada", dry_run=True)
        assert (moved.changed, plan.changed) == (3, 3)
        report = await undo(line.store, NAME, actor="ada", operation=moved.operation)
    assert (report.changed, report.skipped) == (3, {})
    assert await line.counts() == {State.SCHEDULED: 3}


async def test_an_undo_takes_the_newest_purge_unless_told_which(line: Line):
    await line.put("a")
    older = await confirmed(line, ALL_WAITING)
    await line.passed(await line.store.time_ms())
    await line.put("b")
    await confirmed(line, ALL_WAITING)
    await undo(line.store, NAME, actor="ada")
    assert await line.claimed() == ["b"]
    await undo(line.store, NAME, actor="ada", operation=older.operation)
    assert await line.claimed() == ["a"]


async def test_an_undo_tells_whose_id_is_in_use_again_and_counts_what_the_trash_holds_now(line: Line):
    await line.put("a", "b")
    moved = await confirmed(line, ALL_WAITING)
    await line.put("a", payload=b"next life")
    report = await undo(line.store, NAME, actor="ada")
    assert (report.changed, report.skipped) == (1, {"its id is in use again": 1})
    plan = await undo(line.store, NAME, actor="ada", operation=moved.operation, dry_run=True)
    assert plan.changed == 1


async def test_an_undo_stops_the_purge_that_is_still_under_way(line: Line):
    await line.put("a", "b", "c")
    bulk = Bulk(line)
    await bulk.submit(order_of("purge", State.WAITING, await line.store.time_ms()), 3)
    step = scripts.Step("bulk", 1, "0 ", "waiting", "ada", "")
    await bulk.take("elsewhere", 1)
    assert await line.run(scripts.purge(QUEUE, step, FAR, ["a"])) == acted(1)
    await undo(line.store, NAME, actor="ada")
    await bulk.carrier().carry()
    assert (await bulk.record())["state"] == "aborted"
    assert sorted(await line.claimed()) == ["a", "b", "c"]


async def test_a_dry_run_of_an_undo_stops_nothing(line: Line):
    await line.put("a", "b")
    bulk = Bulk(line)
    await bulk.submit(order_of("purge", State.WAITING, await line.store.time_ms()), 2)
    await bulk.take("elsewhere")
    await line.run(scripts.purge(QUEUE, scripts.Step("bulk", 1, "0 ", "waiting", "ada", ""), FAR, ["a"]))
    await undo(line.store, NAME, actor="ada", dry_run=True)
    assert (await bulk.record())["state"] == "running"


@pytest.mark.parametrize("operation", ["", "never"])
async def test_without_a_purge_there_is_nothing_to_undo(line: Line, operation: str):
    with pytest.raises(NothingToUndo, match="trash of test:line holds no such purge"):
        await undo(line.store, NAME, actor="ada", operation=operation)


async def test_a_pause_and_a_resume_say_whether_they_changed_anything(line: Line):
    assert (await pause(line.store, NAME, actor="ada", dry_run=True)).summary == "would pause test:line"
    assert (await pause(line.store, NAME, actor="ada")).changed == 1
    assert (await pause(line.store, NAME, actor="bob")).skipped == {"paused already": 1}
    assert (await resume(line.store, NAME, actor="ada", dry_run=True)).summary == "would resume test:line"
    assert (await resume(line.store, NAME, actor="ada")).changed == 1
    assert (await resume(line.store, NAME, actor="bob")).skipped == {"not paused": 1}


async def test_a_dry_run_of_a_pause_pauses_nothing(line: Line):
    await pause(line.store, NAME, actor="ada", dry_run=True)
    assert (await line.claim()).why == ""


ON_QUEUES = [
    one
    for one in OPERATIONS.values()
    if one.target in (Target.QUEUE, Target.SETTING, Target.JOBS, Target.TRASH) and one.name != "enqueue"
]
OWN: dict[str, Any] = {"value": "1", "rule": "1", "priority": "high", "changes": ["n=1"]}
"""Arguments of their own that some of them need."""


@pytest.mark.parametrize("operation", ON_QUEUES, ids=lambda one: one.name)
async def test_every_operation_on_a_queue_refuses_one_that_is_not_there(line: Line, operation: Operation):
    parameters = inspect.signature(operation.run).parameters
    chosen: Any = Selection("other", ids=("a",)) if "selection" in parameters else "other"
    own = {name: value for name, value in OWN.items() if name in parameters}
    if operation.name == "delay":
        own["by"] = timedelta(hours=1)
    with pytest.raises(QueueNotFound, match="no queue other; known are: test:line"):
        await operation.run(line.store, chosen, actor="ada", **own)


@pytest.mark.parametrize(("lease_ms", "state", "changed"), [(0, "queued", 0), (FAR, "done", 1)])
async def test_a_worker_of_the_fleet_takes_a_small_bulk_over_only_from_an_asker_who_is_gone(
    line: Line, monkeypatch: pytest.MonkeyPatch, lease_ms: int, state: str, changed: int
):
    await line.ended("a", dead())

    class Slow(Carrier):
        async def carry(self) -> None:
            _, found = await line.run(scripts.bulks(QUEUE, "open", 1))
            for name in found:
                await line.run(scripts.carry(QUEUE, name, "a worker", FAR))
            await super().carry()

    monkeypatch.setattr(bulk, "Carrier", Slow)
    monkeypatch.setattr(bulk, "LEASE_MS", lease_ms)
    report = await retry(line.store, Selection(NAME, ids=("a",)), actor="ada")
    assert (report.state, report.changed) == (state, changed)
    assert report.summary.startswith("the fleet will retry 1 job" if state == "queued" else "retrying 1 job")


async def test_a_bulk_that_the_server_refuses_for_good_has_failed(line: Line):
    await line.ended("a", dead())
    await line.raw.delete("arqlight:job:a")
    await line.raw.set("arqlight:job:a", "of no use")
    report = await retry(line.store, Selection(NAME, ids=("a",)), actor="ada")
    assert (report.state, report.changed) == ("failed", 0)
    assert "WRONGTYPE" in report.summary
