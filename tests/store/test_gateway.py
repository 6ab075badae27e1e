"""The gateway: scripts are found again after a flush, errors stay with their call, what workers say is read back."""

import pytest
from redis.exceptions import ResponseError

from arqlight_core.errors import ServerUnreachable, UsageError
from arqlight_core.store import scripts
from arqlight_core.store.declarations import undeclared
from arqlight_core.store.gateway import Store, open_store, refuse_evicting
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.lease_line import LeaseLine
from arqlight_core.store.scripts import Appetite, NewJob, Placed
from tests.store.line import LEASE, LOCK, QUEUE, Line


async def test_a_script_flush_is_not_noticed(line: Line):
    await line.put("a")
    await line.raw.script_flush()
    assert await line.claimed() == ["a"]


async def test_a_script_flush_between_calls_of_one_round_trip_loses_no_answer(line: Line):
    await line.put("a")
    await line.raw.script_flush()
    put = scripts.enqueue(line.queue, [NewJob("b", b"p")])
    answers = await line.store.run_all([put, scripts.claim(line.queue, Appetite(5), LEASE, LOCK, "w1", 1), put])
    assert answers[0] == answers[2] == [Placed(new=True)]
    assert {job.lease.job_id for job in answers[1].jobs} >= {"a"}
    assert (await line.totals())["enqueued"] == 2


async def test_a_lease_line_survives_a_script_flush(line: Line):
    lease = await line.running("a")
    renewals = LeaseLine(line.store.url)
    call = scripts.renew(line.queue, LEASE, LOCK, [lease])
    assert renewals.run(call) == []
    await line.raw.script_flush()
    assert renewals.run(call) == []
    renewals.close()


async def test_an_error_stands_in_its_calls_place_and_the_others_are_answered(line: Line):
    broken = QueueKeys("arq:{broken}")
    await line.raw.set(broken.wire, "no sorted set")
    calls = [scripts.claim(queue, Appetite(5), LEASE, LOCK, "w1", 1) for queue in (line.queue, broken)]
    good, bad = await line.store.run_settled(calls)
    assert good.jobs == ()
    assert isinstance(bad, ResponseError)
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await line.store.run_all(calls)


async def test_what_a_worker_says_is_read_until_it_retires(line: Line):
    now = await line.store.time_ms()
    await line.store.beat("w1", {"id": "w1"}, now, 60_000)
    await line.store.beat("w2", {"id": "w2"}, now, 60_000)
    assert [told["id"] for told in await line.store.workers()] == ["w1", "w2"]
    await line.store.retire("w1")
    assert [told["id"] for told in await line.store.workers()] == ["w2"]


async def test_a_worker_that_falls_silent_is_gone(line: Line):
    now = await line.store.time_ms()
    await line.store.beat("silent", {"id": "silent"}, now, 5)
    await line.passed(now + 20)
    assert await line.store.workers() == []
    await line.store.beat("w2", {"id": "w2"}, now + 20, 5)
    assert await line.raw.zrange("arqlight:workers", 0, -1) == [b"w2"]


async def test_events_are_read_newest_first(line: Line):
    await line.lapse(await line.running("a"))
    await line.defer(await line.lease("w2"))
    assert [fields["kind"] for _, fields in await line.store.events(line.queue, 10)] == ["defer", "lapse"]


async def test_a_wake_up_names_its_queue(line: Line):
    other = QueueKeys.declared("test:other")
    async with line.store.wakes([line.queue, other]) as woken:
        await line.run(scripts.enqueue(other, [NewJob("{test:other}:a", b"p")]))
        assert await anext(woken) == "test:other"


async def test_declared_queues_are_published_by_name(line: Line):
    await line.store.publish_queues({"another": {"wire": "arq:{another}"}})
    assert list(await line.store.published_queues()) == ["another", QUEUE.name]


async def test_a_queue_served_undeclared_is_published_and_never_hides_a_declaration(line: Line):
    declared = (await line.store.published_queues())[QUEUE.name]
    stock = undeclared(QueueKeys("arq:queue"))
    await line.store.introduce_queues({"arq:queue": stock, QUEUE.name: undeclared(QUEUE)})
    assert await line.store.published_queues() == {"arq:queue": stock, QUEUE.name: declared}


async def test_the_servers_clock_moves_in_milliseconds(line: Line):
    first = await line.store.time_ms()
    await line.passed(first)
    assert first < await line.store.time_ms() < first + 5_000


async def test_a_server_that_can_be_used_is_opened(line: Line):
    store = await open_store(line.store.url)
    await store.ping()
    await refuse_evicting(store)
    await store.close()


async def test_a_server_that_is_not_there_is_said_to_be_so():
    with pytest.raises(ServerUnreachable, match=r"No server answers at unix:///nowhere/redis\.sock .*start it"):
        await open_store("unix:///nowhere/redis.sock")


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="is no server address"):
        Store("http://localhost:6379")
