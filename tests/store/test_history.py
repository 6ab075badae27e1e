"""A job's history and relatives on a real server: what it did, what was done to it, and whose it is."""

import pytest

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.errors import JobNotFound
from arqlight_core.flow import Parent
from arqlight_core.jobs import State
from arqlight_core.observe import Happening
from arqlight_core.operations import Selection, pause, purge, retry, undo
from arqlight_core.store import scripts
from arqlight_core.store.scripts import ChildEnd, Spawned
from tests.store.line import QUEUE, Line, dead, failed


async def happenings(line: Line, job_id: str = "a") -> list[Happening]:
    return list((await observe.history(line.store, job_id)).happenings)


async def test_attempts_ends_and_operations_are_told_in_their_order(line: Line):
    await line.retry(await line.running("a"), delay_ms=1)
    await line.passed(await line.store.time_ms() + 2)
    await line.bury(await line.lease(), dead(failure=failed()))
    await retry(line.store, Selection(QUEUE.name, State.DEAD, ("a",)), actor="ada", reason="mended")
    told = [one for one in await happenings(line) if one.kind in ("retry", "dead", "operation")]
    assert [one.kind for one in told] == ["retry", "dead", "operation"]
    assert told[1].text == "it failed for good: Broken: it broke"
    assert (told[2].operation, told[2].by, told[2].reason, told[2].sure) == ("retry", "ada", "mended", True)


async def test_an_operation_on_many_may_have_meant_it_and_one_on_others_did_not(line: Line):
    for one in "ab":
        await line.ended(one, dead())
    await retry(line.store, Selection(QUEUE.name, State.DEAD, ("b",)), actor="ada")
    await pause(line.store, QUEUE.name, actor="bob", reason="a flood")
    everything = Selection(QUEUE.name, State.DEAD, everything=True, moment_ms=await line.store.time_ms() + 1)
    await retry(line.store, everything, actor="cyd")
    told = [(one.operation, one.by, one.sure) for one in await happenings(line) if one.operation]
    assert told == [("pause", "bob", True), ("retry", "cyd", False)]


async def test_the_jobs_of_others_have_a_history_of_their_own(line: Line):
    await line.ended("a", dead())
    await line.ended("b", dead())
    assert [one.kind for one in await happenings(line, "b")].count("dead") == 1


async def test_what_came_back_from_the_trash_says_so(line: Line):
    await line.put("a")
    await purge(line.store, Selection(QUEUE.name, State.WAITING, ("a",)), actor="ada")
    await undo(line.store, QUEUE.name, actor="bob")
    told = [(one.operation, one.by) for one in await happenings(line) if one.operation]
    assert ("purge", "ada") in told


async def test_a_job_that_is_not_there_has_neither(line: Line):
    for asked in (observe.history, observe.family):
        with pytest.raises(JobNotFound):
            await asked(line.store, "never")


async def test_a_family_is_told_with_its_dead_children_first(line: Line):
    lease = await line.running("{test:line}:mum")
    life = (await observe.job(line.store, lease.job_id)).enqueued_ms
    await line.run(scripts.spawned(line.queue, lease, Spawned(life, 0, "work", QUEUE.name, 0, 40, 1)))
    mum = Parent(QUEUE.name, lease.job_id, life, 37)
    child = f"{{test:line}}:mum/{life:x}.37"
    await line.put(child, payload=encode_job(Envelope("work", (), {}, 2_000, parent=mum)))
    await line.run(scripts.tally(line.queue, [ChildEnd(lease.job_id, life, 37, "dead")]))
    told = await observe.family(line.store, lease.job_id)
    assert told.children is not None
    assert (told.children.total, told.children.dead) == (40, 1)
    assert (told.kin[0].id, told.kin[0].relation, told.kin[0].state) == (child, "child", State.WAITING)
    assert len(told.kin) == 30
    assert {one.state for one in told.kin[1:]} == {None}
    assert [(one.relation, one.id) for one in (await observe.family(line.store, child)).kin] == [
        ("parent", lease.job_id)
    ]
