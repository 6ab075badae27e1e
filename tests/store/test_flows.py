"""Flows in the store: children are counted once, in any order, and their parent goes on exactly when it may."""

from dataclasses import replace

import pytest

from arqlight_core.jobs import State
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Reached
from tests.store.line import FAR, LOCK, QUEUE, Line
from tests.store.story import LIFE, NEWS, Story


async def test_a_parent_waits_until_its_last_child_has_ended(line: Line, story: Story):
    await story.waiting(3)
    assert await line.state("p") is State.HELD
    assert await story.because() == "waiting for 3 of 3 children"
    assert await story.end(0, 2) == 2
    assert await line.state("p") is State.HELD
    assert await story.because() == "waiting for 1 of 3 children"
    assert await story.end(1) == 1
    assert await line.state("p") is State.WAITING
    assert await story.because() == ""
    assert (await line.claim()).jobs[0].attempt == 1


async def test_thousands_are_told_in_groups(story: Story):
    await story.waiting(100_000)
    assert await story.because() == "waiting for 100,000 of 100,000 children"
    await story.end(*range(500))
    assert await story.because() == "waiting for 99,500 of 100,000 children"


async def test_every_child_is_counted_once(line: Line, story: Story):
    await story.waiting(2)
    assert [await story.end(0, 0), await story.end(0)] == [1, 0]
    assert await line.state("p") is State.HELD
    assert (await story.flow()).tally.completed == 1


async def test_children_may_end_before_their_parent_waits(line: Line, story: Story):
    lease = await line.running("p")
    await story.spawn(lease, 2, sealed=1)
    assert await story.end(0, 1) == 2
    assert await line.state("p") is State.ACTIVE
    assert await story.wait(lease)
    assert await line.state("p") is State.WAITING


async def test_a_report_may_come_before_the_parent_could_take_note_of_its_child(line: Line, story: Story):
    lease = await line.running("p")
    await story.spawn(lease, 0)
    assert await story.end(0, 1, outcome="dead") == 2
    await story.spawn(lease, 3, sealed=1)
    assert (await story.flow()).tally.open == 1
    assert await story.wait(lease)
    assert await line.state("p") is State.HELD
    await story.end(2)
    assert await line.state("p") is State.WAITING


async def test_a_flow_that_was_over_for_a_moment_goes_on_with_more_children(line: Line, story: Story):
    lease = await line.running("p")
    await story.spawn(lease, 1)
    await story.end(0)
    assert (await story.flow()).ended_ms
    await story.spawn(lease, 1, before=1, sealed=1)
    assert not (await story.flow()).ended_ms
    assert await line.raw.ttl(f"{QUEUE.prefix}flow:p") > 30 * 86_400


@pytest.mark.parametrize("stranger", [-1, 502, 2**31])
async def test_a_number_that_no_child_can_have_is_dropped(line: Line, story: Story, stranger: int):
    await story.waiting(2)
    assert await story.end(stranger) == 0
    assert await line.raw.exists(f"{QUEUE.prefix}flow:p:ends") == 0


async def test_the_children_of_an_earlier_life_tell_nobody(line: Line, story: Story):
    await story.waiting(1)
    assert await story.end(0, life=LIFE - 1) == 0
    assert await line.state("p") is State.HELD


async def test_reports_for_a_flow_that_is_not_kept_are_dropped(line: Line, story: Story):
    assert await story.end(0) == 0
    assert await line.raw.keys("*flow*") == []


async def test_a_new_life_of_the_parent_begins_a_new_flow(line: Line, story: Story):
    await story.waiting(1)
    await story.end(0)
    lease = await line.lease()
    later = replace(NEWS, life=LIFE + 1)
    assert await line.run(scripts.spawned(QUEUE, lease, later)) == Reached(0, 0, -1)
    assert (await story.flow()).tally.ended == 0


async def test_a_parent_without_children_goes_on_at_once(line: Line, story: Story):
    assert await story.wait(await line.running("p"))
    assert await line.state("p") is State.WAITING
    assert (await story.flow()).waits == 1


async def test_waiting_for_children_costs_no_attempt_and_keeps_the_lane(line: Line, story: Story):
    await line.put("p", lane=0.5)
    [before] = (await line.claim()).jobs
    await story.spawn(before.lease, 1, sealed=1)
    await story.wait(before.lease)
    await story.end(0)
    [after] = (await line.claim()).jobs
    assert (after.attempt, after.lane) == (before.attempt, 0.5)
    assert await line.raw.exists(f"{QUEUE.prefix}maturing") == 0


async def test_the_death_of_a_child_that_may_not_die_makes_its_parent_due_at_once(line: Line, story: Story):
    await story.waiting(3)
    await story.end(1, outcome="dead", fatal=1)
    assert await line.state("p") is State.WAITING
    flow = await story.flow()
    assert (flow.fatal, flow.first_fatal, flow.tally.open) == (1, 1, 2)


async def test_a_child_that_died_before_its_parent_waited_makes_it_due_at_once(line: Line, story: Story):
    lease = await line.running("p")
    await story.spawn(lease, 2, sealed=1)
    await story.end(0, outcome="dead", fatal=1)
    assert await story.wait(lease)
    assert await line.state("p") is State.WAITING


async def test_a_child_that_is_revived_and_succeeds_is_counted_as_completed(story: Story):
    await story.waiting(2)
    await story.end(0, outcome="dead", fatal=1)
    assert await story.end(0, outcome="completed", fatal=1) == 1
    flow = await story.flow()
    assert (flow.fatal, flow.first_fatal) == (0, -1)
    assert (flow.tally.completed, flow.tally.dead) == (1, 0)
    assert await story.end(0, outcome="dead", fatal=1) == 0  # told late, by somebody who was cut off


async def test_only_a_parent_that_waits_for_children_is_made_due_by_them(line: Line, story: Story):
    lease = await line.running("p")
    await story.spawn(lease, 1, sealed=1)
    await line.defer(lease, state=State.HELD)
    await story.end(0)
    assert await line.state("p") is State.HELD


async def test_a_parent_that_went_on_and_is_held_by_a_policy_is_not_called_by_its_children_again(
    line: Line, story: Story
):
    await story.waiting(1)
    await story.end(0, outcome="dead")
    await line.defer(await line.lease(), state=State.HELD)
    assert await story.end(0, outcome="completed") == 1
    assert await line.state("p") is State.HELD


async def test_a_spawn_is_remembered_where_it_was_cut_off_and_when_it_was_complete(line: Line, story: Story):
    lease = await line.running("p")
    assert await story.spawn(lease, 500) == Reached(0, 500, -1)
    assert await story.spawn(lease, 0) == Reached(0, 500, -1)
    assert await story.spawn(lease, 20, before=500) == Reached(0, 520, -1)
    assert await story.spawn(lease, 0, sealed=1) == Reached(0, 520, 520)
    assert await story.spawn(lease, 7, before=520, spawn=1, sealed=1) == Reached(520, 527, 527)
    assert await story.spawn(lease, 0) == Reached(0, 527, 520)
    first, second = (await story.flow()).broods
    assert (first.first, first.count, second.first, second.count) == (0, 520, 520, 7)
    assert (await story.flow()).brood_of(520) == second


async def test_a_spawn_whose_answer_was_lost_adds_its_children_once(line: Line, story: Story):
    lease = await line.running("p")
    assert [await story.spawn(lease, 5) for _ in range(2)] == [Reached(0, 5, -1)] * 2


async def test_a_wait_whose_answer_was_lost_happens_once(line: Line, story: Story):
    lease = await story.waiting(1)
    assert await story.wait(lease)
    assert (await line.totals())["awaited"] == 1
    assert (await story.flow()).waits == 1


async def test_who_lost_the_lease_can_neither_spawn_nor_wait(line: Line, story: Story):
    zombie = await line.running("p")
    await line.lapse(zombie)
    await line.lease("w2")
    before = await line.picture()
    assert await line.run(scripts.spawned(QUEUE, zombie, replace(NEWS, count=1))) is None
    assert not await story.wait(zombie)
    assert await line.picture() == before


async def test_a_parent_that_is_purged_and_put_back_has_missed_nothing(line: Line, story: Story):
    await story.waiting(1)
    assert await line.purge(State.HELD) == 1
    await story.end(0)
    await line.undo()
    assert await line.state("p") is State.WAITING


async def test_a_parent_that_is_put_back_before_its_children_have_ended_goes_on_waiting(line: Line, story: Story):
    await story.waiting(1)
    await line.purge(State.HELD)
    await line.undo()
    assert await line.state("p") is State.HELD
    await story.end(0)
    assert await line.state("p") is State.WAITING


async def test_the_flow_of_a_parent_is_forgotten_a_week_after_its_end(line: Line, story: Story):
    await story.waiting(1)
    await story.end(0)
    for key in ("flow:p", "flow:p:ends"):
        assert 0 < await line.raw.ttl(f"{QUEUE.prefix}{key}") <= 7 * 86_400


async def test_which_children_have_ended_can_be_asked_by_number(line: Line, story: Story):
    await story.waiting(900)
    await story.end(3, 400)
    told = await line.run(scripts.children(QUEUE, "p", 1, 500))
    assert [number for number, over in enumerate(told.ended, 1) if over] == [3, 400]
    assert len(told.ended) == 500


async def test_a_parent_far_in_the_future_comes_due_by_itself_once_nobody_calls_it(line: Line, story: Story):
    await story.waiting(1)
    score = await line.score("p")
    assert score
    assert 29 * 86_400_000 < score - await line.store.time_ms() <= 30 * 86_400_000


async def test_a_waiting_parent_is_taken_over_by_nobody(line: Line, story: Story):
    lease = await story.waiting(1)
    assert await line.renew(lease) == [lease.job_id]
    assert await line.claimed("w2") == []
    assert await line.run(scripts.renew(QUEUE, FAR, LOCK, [lease])) == [lease.job_id]
