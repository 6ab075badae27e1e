"""What was confirmed is done, and nothing else: not to other jobs, not to more, not without."""

import pytest

from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, purge
from tests.store.line import FAR, QUEUE, Line

NAME = QUEUE.name
ALL_WAITING = Selection(NAME, State.WAITING, everything=True)


async def test_a_purge_that_was_not_confirmed_changes_nothing(line: Line):
    await line.put("a", "b")
    with pytest.raises(ConfirmationNeeded, match=r"would move 2 waiting jobs of test:line to the trash; .*--confirm"):
        await purge(line.store, ALL_WAITING, actor="ada")
    assert await line.counts() == {State.WAITING: 2}


@pytest.mark.parametrize("confirm", ["2", "yes", "2@", "x.y.z", "2@2.1.0123456789", "9.9.9.9"])
async def test_what_no_dry_run_gave_confirms_nothing(line: Line, confirm: str):
    await line.put("a", "b")
    with pytest.raises(ConfirmationNeeded):
        await purge(line.store, ALL_WAITING, actor="ada", confirm=confirm)
    assert await line.counts() == {State.WAITING: 2}


async def test_what_was_confirmed_for_one_thing_does_not_serve_for_another(line: Line):
    await line.put("a", "b")
    for one in "cd":
        await line.put(one, delay_ms=FAR)
    plan = await purge(line.store, ALL_WAITING, actor="ada", dry_run=True)
    scheduled = Selection(NAME, State.SCHEDULED, everything=True)
    for selection in (scheduled, Selection(NAME, State.WAITING, text="a"), Selection(NAME, State.WAITING, ("a", "b"))):
        with pytest.raises(ConfirmationNeeded, match="something else"):
            await purge(line.store, selection, actor="ada", confirm=plan.confirm)
    assert await line.counts() == {State.WAITING: 2, State.SCHEDULED: 2}


@pytest.mark.parametrize("lane", [0.0, 0.75])
async def test_a_purge_takes_what_its_dry_run_counted_and_nothing_that_came_since(line: Line, lane: float):
    await line.put("a", "b", "c")
    plan = await purge(line.store, ALL_WAITING, actor="ada", dry_run=True)
    await line.passed(plan.moment_ms)
    await line.put("later", lane=lane)
    report = await purge(line.store, ALL_WAITING, actor="ada", confirm=plan.confirm)
    assert (plan.changed, plan.asks, report.changed) == (3, "yes", 3)
    assert await line.claimed() == ["later"]


async def test_of_what_was_confirmed_some_may_have_gone(line: Line):
    await line.put("a", "b", "c")
    plan = await purge(line.store, ALL_WAITING, actor="ada", dry_run=True)
    await line.lease()
    assert (await purge(line.store, ALL_WAITING, actor="ada", confirm=plan.confirm)).changed == 2


async def test_more_jobs_than_were_confirmed_are_not_acted_on(line: Line):
    for one in "ab":
        await line.put(one, delay_ms=FAR)
    scheduled = Selection(NAME, State.SCHEDULED, everything=True)
    plan = await purge(line.store, scheduled, actor="ada", dry_run=True)
    await line.put(
        "c", delay_ms=FAR
    )  # its payload says that it was queued long ago, as one does that was put off again
    with pytest.raises(ConfirmationNeeded, match="3 jobs are meant by now, and 2 were confirmed; look again"):
        await purge(line.store, scheduled, actor="ada", confirm=plan.confirm)
    assert await line.counts() == {State.SCHEDULED: 3}
