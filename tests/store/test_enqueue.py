"""enqueue.lua: an id is queued once, and an earlier life of it leaves nothing behind."""

from arqlight_core.jobs import State
from arqlight_core.store import scripts
from arqlight_core.store.scripts import NewJob, Placed
from tests.store.line import FAR, PAYLOAD, Line, dead


async def test_a_job_without_delay_waits_with_its_payload(line: Line):
    assert await line.put("a") == [True]
    assert await line.state("a") is State.WAITING
    assert await line.raw.get("arq:job:a") == PAYLOAD
    assert await line.raw.ttl("arq:job:a") == -1


async def test_a_delayed_job_is_scheduled_for_its_moment(line: Line):
    before = await line.store.time_ms()
    await line.put("a", delay_ms=FAR)
    due = await line.score("a")
    assert due is not None
    assert before + FAR <= due <= await line.store.time_ms() + FAR
    assert await line.score("a", "scheduled") == due
    assert await line.state("a") is State.SCHEDULED


async def test_a_delayed_job_is_due_once_its_moment_has_passed(line: Line):
    await line.put("a", delay_ms=250)
    assert await line.claimed() == []
    await line.passed(int(await line.score("a") or 0))
    assert await line.state("a") is State.WAITING
    assert await line.claimed() == ["a"]
    assert await line.score("a", "scheduled") is None


async def test_an_id_that_is_queued_is_taken(line: Line):
    await line.put("a", payload=b"first")
    assert await line.put("a", payload=b"second") == [False]
    assert await line.raw.get("arq:job:a") == b"first"
    assert (await line.totals())["enqueued"] == 1


async def test_the_same_call_again_is_told_yes_and_queues_nothing(line: Line):
    call = scripts.enqueue(line.queue, [NewJob("a", b"p", 0), NewJob("b", b"q", FAR)])
    assert await line.run(call) == [Placed(new=True)] * 2
    before = await line.picture()
    assert await line.run(call) == [Placed(new=True)] * 2
    assert await line.picture() == before
    assert (await line.totals())["enqueued"] == 2


async def test_one_call_queues_what_is_new_and_refuses_what_is_taken(line: Line):
    await line.put("a", payload=b"other")
    assert await line.put("a", "b") == [False, True]
    assert await line.claimed() == ["a", "b"]


async def test_an_id_is_taken_while_its_job_runs(line: Line):
    await line.running("a")
    assert await line.put("a", payload=b"second") == [False]


async def test_an_id_is_taken_while_its_result_is_kept(line: Line):
    await line.finish(await line.running("a"), ttl_ms=FAR)
    assert await line.put("a") == [False]
    assert await line.state("a") is State.COMPLETED


async def test_an_id_is_taken_while_it_lies_among_the_dead(line: Line):
    await line.ended("a", dead(ttl_ms=0))
    assert await line.put("a") == [False]
    assert await line.state("a") is State.DEAD


async def test_an_id_whose_result_is_gone_lives_anew(line: Line):
    lease = await line.running("a")
    await line.progress(lease, "a line of the first life")
    await line.finish(lease, ttl_ms=0)
    assert await line.put("a") == [True]
    assert await line.state("a") is State.WAITING
    assert await line.score("a", "completed") is None
    assert await line.raw.exists("arqlight:job:a", "arqlight:log:a", "arqlight:attempts:a") == 0


async def test_what_is_queued_wakes_a_worker(line: Line):
    async with line.store.wakes([line.queue]) as woken:
        await line.put("a")
        assert await anext(woken) == line.queue.name


async def test_what_is_refused_wakes_nobody(line: Line):
    await line.finish(await line.running("a"), ttl_ms=FAR)
    async with line.raw.pubsub(ignore_subscribe_messages=True) as heard:
        await heard.subscribe(line.queue.wake)
        await line.put("a")
        await line.raw.publish(line.queue.wake, "after")
        messages = [await heard.get_message(timeout=1.0) for _ in range(2)]
    assert [message["data"] for message in messages if message] == [b"after"]
