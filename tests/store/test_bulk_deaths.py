"""Whoever carries a bulk may die at any moment: the next goes on, and every job that is meant is acted on once."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from arqlight_core.jobs import State
from arqlight_core.operations import carrying
from arqlight_core.operations.orders import Order
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.store.bulking import NAME, Bulk, Mortal, Repeating, make, order_of
from tests.store.line import FAR, QUEUE, Line, dead

RETRIED = (State.DEAD, State.CANCELLED, State.RETRYING)
PURGED = (State.WAITING, State.SCHEDULED, State.HELD, *RETRIED)
WORK = st.sampled_from([("retry", state) for state in RETRIED] + [("purge", state) for state in PURGED])
QUICK = settings(max_examples=60, derandomize=True)


@dataclass(frozen=True)
class Death:
    """How a carrier ends: cancelled at a turn of the loop, or cut off at a call before it is sent or answered."""

    how: str
    at: int


DEATHS = st.lists(st.builds(Death, st.sampled_from(["cancelled", "before", "behind"]), st.integers(1, 25)), max_size=6)


@contextlib.contextmanager
def steps_of(size: int):
    """Steps of so many jobs, without a rest, and leases that lapse at once."""
    sizes = dict.fromkeys(("FIRST_CHUNK", "SMALLEST", "LARGEST"), size)
    with patch.multiple(carrying, **sizes, REST=0.0, LEASE_MS=1):
        yield


async def die(bulk: Bulk, death: Death, name: str) -> None:
    """A carrier that dies so, unless the work is over before."""
    calls = death.at if death.how != "cancelled" else 1_000_000
    store = Mortal(bulk.line.store.url, calls, behind=death.how == "behind")
    task = asyncio.create_task(bulk.carrier(name, store).carry())
    if death.how == "cancelled":
        for _ in range(death.at * 8):
            await asyncio.sleep(0)
        task.cancel()
    with contextlib.suppress(redis.ConnectionError, asyncio.CancelledError):
        await task
    await store.close()
    await bulk.line.passed(await bulk.line.store.time_ms() + 1)


async def opened(url: str) -> Line:
    """An empty queue."""
    store = Store(url)
    line = Line(store, store._client)  # pyright: ignore[reportPrivateUsage] - it looks at the keys
    await line.raw.flushall()
    await store.publish_queues({NAME: {"wire": QUEUE.wire}})
    return line


async def submitted(line: Line, action: str, state: State, ids: list[str]) -> Bulk:
    """A bulk on these jobs, after whose moment another came."""
    await make(line, state, *ids)
    moment = await line.store.time_ms()
    await line.passed(moment)
    if state not in (State.RETRYING, State.HELD, State.SCHEDULED):  # of those a test of their own tells
        await make(line, state, "later")
    bulk = Bulk(line)
    await bulk.submit(order_of(action, state, moment), len(ids))
    return bulk


async def check(bulk: Bulk, action: str, state: State, ids: list[str]) -> None:
    """Each was acted on once, and nothing else."""
    line, record = bulk.line, await bulk.record()
    assert (record["state"], int(record.get("changed", 0)), await bulk.left()) == ("done", len(ids), {})
    assert (await line.totals()).get("purged" if action == "purge" else "revived", 0) == len(ids)
    wanted = State.WAITING if action == "retry" else None
    assert {await line.state(one) for one in ids} <= {wanted}
    if action == "purge":
        assert await bulk.trash() == set(ids)
    assert await line.state("later") in (None, state)
    assert (await line.raw.zscore(f"{QUEUE.prefix}trash:bulk", "later")) is None


@QUICK
@given(work=WORK, count=st.integers(0, 25), size=st.integers(1, 9), deaths=DEATHS)
def test_whoever_dies_whenever_every_job_is_acted_on_once(
    shared_server: EmbeddedServer, work: tuple[str, State], count: int, size: int, deaths: list[Death]
):
    async def story() -> None:
        line = await opened(shared_server.url)
        ids = [f"job{number}" for number in range(count)]
        bulk = await submitted(line, *work, ids)
        for number, death in enumerate(deaths):
            await die(bulk, death, f"carrier{number}")
        await bulk.carrier("last").carry()
        await check(bulk, *work, ids)
        await line.store.close()

    with steps_of(size):
        asyncio.run(story())


@QUICK
@given(work=WORK, count=st.integers(0, 25), size=st.integers(1, 9))
def test_when_every_first_answer_is_lost_every_job_is_acted_on_once(
    shared_server: EmbeddedServer, work: tuple[str, State], count: int, size: int
):
    async def story() -> None:
        line = await opened(shared_server.url)
        ids = [f"job{number}" for number in range(count)]
        bulk = await submitted(line, *work, ids)
        repeating = Repeating(shared_server.url)
        await bulk.carrier("here", repeating).carry()
        await check(bulk, *work, ids)
        await repeating.close()
        await line.store.close()

    with steps_of(size):
        asyncio.run(story())


@QUICK
@given(count=st.integers(1, 25), gone=st.integers(0, 25), size=st.integers(1, 9), deaths=DEATHS)
def test_an_undo_that_dies_whenever_puts_each_job_back_once(
    shared_server: EmbeddedServer, count: int, gone: int, size: int, deaths: list[Death]
):
    async def story() -> None:
        line = await opened(shared_server.url)
        ids = [f"job{number}" for number in range(count)]
        await make(line, State.WAITING, *ids)
        assert await line.purge(State.WAITING) == count
        await line.put(*ids[:gone], payload=b"next life")
        bulk = Bulk(line)
        await bulk.submit(Order("undo", NAME, trash="op1", arguments={"operation": "op1"}), count)
        for number, death in enumerate(deaths):
            await die(bulk, death, f"carrier{number}")
        await bulk.carrier("last").carry()
        blocked = len(ids[:gone])
        assert await bulk.changed() == count - blocked
        assert await bulk.left() == ({"its id is in use again": blocked} if blocked else {})
        kept = [await line.raw.get(f"arq:job:{one}") == b"next life" for one in ids]
        assert kept == [number < gone for number in range(count)]
        await line.store.close()

    with steps_of(size):
        asyncio.run(story())


async def fail_what_is_due(line: Line, worker: str, stop: asyncio.Event, again: State) -> Counter[str]:
    """A worker whose jobs all fail, for good or to be tried again; how often it ran which."""
    ran: Counter[str] = Counter()
    while not stop.is_set():
        for job in (await line.claim(worker, limit=3)).jobs:
            ran[job.lease.job_id] += 1
            await (line.bury(job.lease, dead()) if again is State.DEAD else line.retry(job.lease, FAR + 5_000))
    return ran


async def spread(line: Line, ids: list[str]) -> None:
    """Retrying jobs a second apart: one that fails again stands between others that the walk has not met yet."""
    base = await line.store.time_ms() + FAR
    moments = {one: base + 1_000 * number for number, one in enumerate(ids)}
    for place in (QUEUE.wire, QUEUE.index(State.RETRYING)):
        await line.raw.zadd(place, moments)


@QUICK
@given(
    state=st.sampled_from(RETRIED),
    again=st.sampled_from([State.DEAD, State.RETRYING]),
    count=st.integers(1, 20),
    size=st.integers(1, 9),
    deaths=DEATHS,
)
def test_beside_workers_whose_jobs_fail_again_each_is_retried_once(
    shared_server: EmbeddedServer, state: State, again: State, count: int, size: int, deaths: list[Death]
):
    async def story() -> None:
        line = await opened(shared_server.url)
        ids = [f"job{number}" for number in range(count)]
        bulk = await submitted(line, "retry", state, ids)
        if state is State.RETRYING:
            await spread(line, ids)
        stop = asyncio.Event()
        workers = [asyncio.create_task(fail_what_is_due(line, name, stop, again)) for name in ("w1", "w2")]
        for number, death in enumerate(deaths):
            await die(bulk, death, f"carrier{number}")
        await bulk.carrier("last").carry()
        stop.set()
        ran = sum(await asyncio.gather(*workers), Counter[str]())
        assert (await bulk.record())["state"] == "done"
        assert await bulk.changed() == (await line.totals())["revived"] == count
        assert all(times == 1 for times in ran.values())
        assert (await bulk.left()).keys() <= {"retried by this before"}
        assert "later" not in ran
        await line.store.close()

    with steps_of(size):
        asyncio.run(story())


async def finish_what_is_due(line: Line, stop: asyncio.Event, left_running: list[str]) -> set[str]:
    """A worker that ends two of three jobs, and goes on with the third."""
    done: set[str] = set()
    while not stop.is_set():
        for number, job in enumerate((await line.claim("w1", limit=3)).jobs):
            if number == 2:
                left_running.append(job.lease.job_id)
            else:
                await line.finish(job.lease)
                done.add(job.lease.job_id)
    return done


@QUICK
@given(count=st.integers(1, 40), size=st.integers(1, 9), deaths=DEATHS)
def test_beside_workers_a_purge_takes_only_what_they_did_not_and_says_what_moved_on(
    shared_server: EmbeddedServer, count: int, size: int, deaths: list[Death]
):
    async def story() -> None:
        line = await opened(shared_server.url)
        ids = [f"job{number}" for number in range(count)]
        bulk = await submitted(line, "purge", State.WAITING, ids)
        stop, running = asyncio.Event(), list[str]()
        worker = asyncio.create_task(finish_what_is_due(line, stop, running))
        for number, death in enumerate(deaths):
            await die(bulk, death, f"carrier{number}")
        await bulk.carrier("last").carry()
        stop.set()
        done, trash = await worker, await bulk.trash()
        assert (await bulk.record())["state"] == "done"
        assert len(trash) == await bulk.changed() == (await line.totals()).get("purged", 0)
        assert sorted([*trash, *done, *running]) == sorted([*ids, "later"])
        assert "later" not in trash
        left = await bulk.left()
        assert left.keys() <= {"it is active", "it is completed"}
        assert sum(left.values()) <= count - len(trash)
        await line.store.close()

    with steps_of(size):
        asyncio.run(story())


async def test_a_job_that_moved_on_between_walk_and_step_is_left_alone_with_its_reason(line: Line):
    await line.put("a", "b")
    moment = await line.store.time_ms()
    bulk = Bulk(line)
    await bulk.submit(order_of("purge", State.WAITING, moment), 2)

    class Slow(Store):
        """Between its walk and its step a worker is quicker."""

        async def run_settled(self, calls: Any) -> list[Any]:
            answers = await super().run_settled(calls)
            if [call.name for call in calls] == ["walk"]:
                await line.claim(limit=1)
            return answers

    slow = Slow(line.store.url)
    await bulk.carrier("here", slow).carry()
    await slow.close()
    assert (await bulk.changed(), await bulk.left()) == (1, {"it is active": 1})
    assert (await bulk.record())["state"] == "done"


@pytest.mark.parametrize("size", [1, 4])
async def test_two_carriers_at_once_act_on_each_job_once(line: Line, size: int):
    ids = [f"job{number}" for number in range(12)]
    bulk = await submitted(line, "purge", State.WAITING, ids)
    with steps_of(size):
        for number in range(20):
            await asyncio.gather(*(bulk.carrier(f"carrier{number}-{n}").carry() for n in range(3)))
            if (await bulk.record())["state"] == "done":
                break
    await check(bulk, "purge", State.WAITING, ids)
    told = await line.run(scripts.bulks(QUEUE, "open", 9))
    assert told[1] == {}
