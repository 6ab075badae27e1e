"""Operations on a real server: a dry run counts, destruction is confirmed, and what is left alone is told with why."""

import inspect
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.errors import ConfirmationNeeded, NothingToUndo, QueueNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import (
    OPERATIONS,
    Operation,
    Selection,
    Target,
    jobs,
    pause,
    purge,
    resume,
    retry,
    undo,
)
from arqlight_core.store.gateway import Store
from tests.store.line import FAR, QUEUE, Line, cancelled, dead

NAME = QUEUE.name
ALL_DEAD = Selection(NAME, State.DEAD, everything=True)
ALL_WAITING = Selection(NAME, State.WAITING, everything=True)


@pytest.fixture
async def line(store: Store) -> Line:
    await store.publish_queues({NAME: {"wire": QUEUE.wire, "purpose": "to be tested"}})
    return Line(store, store._client)  # pyright: ignore[reportPrivateUsage] - it looks at the keys


async def counts(line: Line) -> dict[State, int]:
    [view] = (await observe.fleet(line.store)).queues
    return {state: count for state, count in view.counts.items() if count}


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
async def test_a_retry_of_all_makes_every_one_wait_again(line: Line, end: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "CHUNK", 2)
    for one in "abcde":
        await line.ended(one, end)
    report = await retry(line.store, Selection(NAME, State(end.state), everything=True), actor="ada")
    assert (report.changed, report.skipped) == (5, {})
    assert await counts(line) == {State.WAITING: 5}


async def test_a_retry_of_retrying_jobs_takes_them_all(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "CHUNK", 2)
    for one in "abc":
        await line.retry(await line.running(one))
    report = await retry(line.store, Selection(NAME, State.RETRYING, everything=True), actor="ada")
    assert report.changed == 3
    assert await counts(line) == {State.WAITING: 3}


async def test_a_retry_tells_what_it_left_alone_and_why(line: Line):
    for one in "ab":
        await line.ended(one, dead())
    await line.raw.hdel("arqlight:job:b", "payload")
    report = await retry(line.store, Selection(NAME, State.DEAD, ("a", "b", "never")), actor="ada")
    assert report.changed == 1
    assert report.skipped == {"payload gone": 1, "in no state that can be retried": 1}


async def test_a_retry_of_all_goes_past_what_it_cannot_retry(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "CHUNK", 1)
    for one in "abc":
        await line.ended(one, dead())
    await line.raw.hdel("arqlight:job:a", "payload")
    report = await retry(line.store, ALL_DEAD, actor="ada")
    assert (report.changed, report.skipped) == (2, {"payload gone": 1})


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
        await purge(line.store, Selection(NAME, state, everything=True), actor="ada", confirm=9)


async def test_a_purge_of_single_jobs_is_refused(line: Line):
    with pytest.raises(UsageError, match="takes a whole state; say so with --all"):
        await purge(line.store, Selection(NAME, State.DEAD, ("a",)), actor="ada", confirm=1)


@pytest.mark.parametrize("confirm", [None, 0, 1])
async def test_a_purge_without_the_count_confirmed_changes_nothing(line: Line, confirm: int | None):
    await line.put("a", "b")
    with pytest.raises(ConfirmationNeeded, match="would move 2 waiting jobs of test:line to the trash"):
        await purge(line.store, ALL_WAITING, actor="ada", confirm=confirm)
    assert await counts(line) == {State.WAITING: 2}


async def test_a_purge_takes_what_its_dry_run_counted_and_nothing_that_came_since(line: Line):
    await line.put("a", "b", "c")
    plan = await purge(line.store, ALL_WAITING, actor="ada", dry_run=True)
    await line.passed(plan.moment_ms)
    await line.put("later")
    bound = Selection(NAME, State.WAITING, (), True, plan.moment_ms)  # noqa: FBT003 - a field
    report = await purge(line.store, bound, actor="ada", confirm=plan.changed)
    assert (plan.changed, report.changed) == (3, 3)
    assert await line.claimed() == ["later"]


async def test_a_purge_can_be_undone(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "CHUNK", 2)
    await line.put("a", "b", "c", delay_ms=FAR)
    scheduled = Selection(NAME, State.SCHEDULED, everything=True)
    moved = await purge(line.store, scheduled, actor="ada", confirm=3)
    assert await counts(line) == {}
    plan = await undo(line.store, NAME, actor="ada", dry_run=True)
    assert (plan.changed, plan.operation) == (3, moved.operation)
    report = await undo(line.store, NAME, actor="ada")
    assert (report.changed, report.skipped) == (3, {})
    assert await counts(line) == {State.SCHEDULED: 3}


async def test_an_undo_takes_the_newest_purge_unless_told_which(line: Line):
    await line.put("a")
    older = await purge(line.store, ALL_WAITING, actor="ada", confirm=1)
    await line.passed(await line.store.time_ms())
    await line.put("b")
    newer = await purge(line.store, ALL_WAITING, actor="ada", confirm=1)
    assert (await undo(line.store, NAME, actor="ada")).operation == newer.operation
    assert (await undo(line.store, NAME, actor="ada", operation=older.operation)).operation == older.operation
    assert await line.claimed() == ["a", "b"]


async def test_an_undo_tells_whose_id_is_in_use_again(line: Line):
    await line.put("a", "b")
    await purge(line.store, ALL_WAITING, actor="ada", confirm=2)
    await line.put("a", payload=b"next life")
    report = await undo(line.store, NAME, actor="ada")
    assert (report.changed, report.skipped) == (1, {"id in use again": 1})


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


ON_QUEUES = [one for one in OPERATIONS.values() if one.target not in (Target.SCHEDULE, Target.WORKER, Target.BREAKER)]


@pytest.mark.parametrize("operation", ON_QUEUES, ids=lambda one: one.name)
async def test_every_operation_on_a_queue_refuses_one_that_is_not_there(line: Line, operation: Operation):
    parameters = inspect.signature(operation.run).parameters
    chosen: Any = Selection("other", State.DEAD, everything=True) if "selection" in parameters else "other"
    value = ["1"] if "value" in parameters else []
    with pytest.raises(QueueNotFound, match="no queue other; known are: test:line"):
        await operation.run(line.store, chosen, *value, actor="ada")
