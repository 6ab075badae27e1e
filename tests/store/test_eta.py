"""When a queue will be empty, from what the scripts have counted on a real server."""

import pytest

from arqlight_core import observe
from arqlight_core.errors import QueueNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import Binding
from arqlight_core.store import scripts
from tests.store.line import FAR, QUEUE, Line
from tests.unit.steered import beat


async def serve(line: Line, concurrency: int) -> None:
    await beat(line.store, "w1", queues={QUEUE.name: {"running": 0, "concurrency": concurrency}}, functions=["work"])


async def worked(line: Line, count: int) -> None:
    """So many jobs have come, run and ended within this minute."""
    await line.put(*(f"done-{n:03}" for n in range(count)))
    assert all(await line.finish(*(job.lease for job in (await line.claim(limit=count)).jobs)))


async def test_it_goes_by_what_has_come_and_ended_in_the_last_minute(line: Line):
    await serve(line, 100)
    await worked(line, 120)
    await line.put("a")
    told = await observe.eta(line.store, QUEUE.name)
    assert (told.binding, told.bound, told.seconds) == (Binding.ARRIVALS, "more come than go", None)
    minute = await line.store.time_ms() // 60_000
    for one in (minute, minute - 1):  # as if they had come long ago
        await line.raw.hdel(f"{QUEUE.prefix}minute:{one}", "enqueued")
    told = await observe.eta(line.store, QUEUE.name)
    assert (told.binding, told.basis, told.waiting) == (Binding.RATE, "the last minute", 1)
    assert 1.8 < told.out_per_s <= 2.0
    assert told.seconds == told.work_off_s == 1 / told.out_per_s
    assert told.capacity_per_s == 100 / 0.0035  # the runs lie in the bin from 2 to 5 ms


async def test_scheduled_jobs_are_told_beside_with_the_last_moment(line: Line):
    await serve(line, 5)
    await line.put("soon", delay_ms=FAR // 2)
    await line.put("late", delay_ms=FAR)
    told = await observe.eta(line.store, QUEUE.name)
    assert (told.seconds, told.scheduled, told.binding) == (0.0, 2, Binding.NOTHING)
    assert told.scheduled_until_ms == await line.score("late", "scheduled")


async def test_the_last_retry_is_waited_for(line: Line):
    await serve(line, 5)
    await line.retry(await line.running("again"), FAR)
    told = await observe.eta(line.store, QUEUE.name)
    assert (told.binding, told.scheduled_until_ms) == (Binding.RETRIES, 0)
    assert told.seconds == pytest.approx(FAR / 1000, abs=5)  # pyright: ignore[reportUnknownMemberType]


async def test_a_pause_and_a_missing_worker_bind_it(line: Line):
    await line.put("a")
    assert (await observe.eta(line.store, QUEUE.name)).bound == "no worker takes its jobs"
    await serve(line, 5)
    await line.run(scripts.pause(QUEUE, "ada", "deploy"))
    assert (await observe.eta(line.store, QUEUE.name)).bound == "paused by ada"


async def test_its_places_bind_it_while_all_are_taken(line: Line):
    await serve(line, 2)
    await line.put("a", "b", "c")
    assert len((await line.claim(limit=2)).jobs) == 2
    told = await observe.eta(line.store, QUEUE.name)
    assert (told.binding, told.bound) == (Binding.CONCURRENCY, "its only worker runs 2 at a time")


async def test_all_queues_are_told_at_once(line: Line):
    await line.store.publish_queues({"test:other": {"wire": "arq:{test:other}"}})
    assert [one.queue for one in await observe.etas(line.store)] == [QUEUE.name, "test:other"]


async def test_a_queue_that_nobody_knows_is_refused(line: Line):
    with pytest.raises(QueueNotFound, match="There is no queue nowhere; known are: test:line"):
        await observe.eta(line.store, "nowhere")


@pytest.mark.parametrize("state", [State.SCHEDULED, State.RETRYING, State.HELD])
async def test_a_state_without_jobs_has_no_horizon(line: Line, state: State):
    assert await line.run(scripts.horizon(QUEUE, state)) == -1
