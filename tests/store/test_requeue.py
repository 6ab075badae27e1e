"""requeue: a copy with an id and attempts of its own that names where it comes from; the old job stays as it is."""

import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.codec import Envelope, decode_job, encode_job
from arqlight_core.flow import Parent
from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection, requeue
from arqlight_core.operations.requeueing import copy_id
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Copy, NewJob
from tests.store.line import FAR, NOT_MADE, PAYLOAD, QUEUE, Line, acted
from tests.store.states import brought

NAME = QUEUE.name
STATES = pytest.mark.parametrize("state", list(State))
CHILD = Envelope("work", ({"n": 1},), {}, 1_000, "may", 61_000, 3, Parent("test:line", "p", 1, 2, fatal=True), "old")


async def requeued(line: Line, *ids: str) -> tuple[Report, str]:
    """What was reported, and the id of the copy of the first."""
    report = await requeue(line.store, Selection(NAME, ids=ids), actor="ada")
    return report, copy_id(QUEUE, report.operation, ids[0])


@STATES
async def test_a_copy_is_as_new_and_the_old_job_stays(line: Line, state: State):
    await brought(line, state, payload=encode_job(CHILD))
    before = {name: held for name, held in (await line.picture()).items() if name.endswith(":a")}
    _, copy = await requeued(line, "a")
    after = await line.picture()
    assert {name: after.get(name) for name in before} == before
    envelope = decode_job(await line.raw.get(f"arq:job:{copy}"))
    assert (envelope.function, envelope.args, envelope.correlation_id) == ("work", ({"n": 1},), "may")
    assert (envelope.origin, envelope.parent, envelope.given_try) == ("a", None, 0)
    assert envelope.deadline_ms - envelope.enqueued_ms == 60_000
    assert await line.state(copy) is State.WAITING


async def test_the_copy_of_a_job_that_failed_has_all_its_attempts_before_it(line: Line):
    await brought(line, State.RETRYING)
    _, copy = await requeued(line, "a")
    [job] = (await line.claim()).jobs
    assert (job.lease.job_id, job.attempt) == (copy, 1)


async def test_a_copy_keeps_the_priority_of_a_job_that_lives(line: Line):
    await line.put("a", lane=0.75, delay_ms=FAR)
    await requeued(line, "a")
    assert [job.lane for job in (await line.claim()).jobs] == [0.75]


async def test_a_completed_job_without_its_result_is_not_known_any_more(line: Line):
    await line.finish(await line.running("a"))
    report, _ = await requeued(line, "a")
    assert report.skipped == {"its payload is not known any more": 1}


async def test_a_stock_job_is_copied_byte_by_byte(line: Line, stock: ArqRedis):
    job = await stock.enqueue_job("work", 1, _defer_by=600)
    assert job
    _, copy = await requeued(line, job.job_id)
    assert await line.raw.get(f"arq:job:{copy}") == await line.raw.get(f"arq:job:{job.job_id}")


async def test_what_ties_jobs_together_shows_the_copy(line: Line):
    await brought(line, State.DEAD, payload=encode_job(CHILD))
    _, copy = await requeued(line, "a")
    assert (await line.store.tree("may", 10))[0] == [copy]


async def test_a_step_that_is_made_again_makes_no_second_copy(line: Line):
    await line.ended("a", scripts.Burial("dead", "broken", b"", "", b"", 0))
    step, copies = await line.step("dead", "bulk1"), [Copy("copy", PAYLOAD, 0.0)]
    assert await line.run(scripts.requeue(QUEUE, step, 0, copies, ["a"])) == acted(1)
    assert await line.run(scripts.requeue(QUEUE, step, 0, copies, ["a"])) == NOT_MADE
    again = await line.step("dead", "bulk1")
    assert await line.run(scripts.requeue(QUEUE, again, 0, copies, ["a"])) == acted(0)
    assert await line.claimed() == ["copy"]


async def test_a_copy_does_not_break_the_promise_of_a_unique_key(line: Line):
    await line.run(scripts.enqueue(QUEUE, [NewJob("a", PAYLOAD, FAR, 0.0, "key", FAR, "simple")]))
    report, _ = await requeued(line, "a")
    assert report.skipped == {"another job has its unique key": 1}


async def test_the_copy_of_an_ended_job_takes_its_unique_key(line: Line):
    await line.run(scripts.enqueue(QUEUE, [NewJob("a", PAYLOAD, 0, 0.0, "key", FAR, "simple")]))
    await line.bury(await line.lease(), scripts.Burial("dead", "broken", b"", "", b"", 0))
    _, copy = await requeued(line, "a")
    [placed] = await line.run(scripts.enqueue(QUEUE, [NewJob("b", PAYLOAD, 0, 0.0, "key", FAR, "simple")]))
    assert placed.holder == copy


async def test_a_requeue_of_a_waiting_state_does_not_copy_its_copies(line: Line):
    await line.put("a", "b")
    report = await requeue(line.store, Selection(NAME, State.WAITING, everything=True), actor="ada")
    assert report.changed == 2
    assert await line.raw.zcard(QUEUE.wire) == 4


async def test_a_view_of_the_copy_names_its_origin(line: Line):
    await brought(line, State.DEAD)
    _, copy = await requeued(line, "a")
    assert (await observe.job(line.store, copy)).origin == "a"
