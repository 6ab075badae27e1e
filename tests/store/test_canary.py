"""A trial and a pace: what fails again as before is stopped after a few, and no more are done a second than asked."""

import asyncio
import contextlib
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.jobs import Lease, State
from arqlight_core.operations import canary, carrying, retry
from arqlight_core.operations.orders import Order, Pace
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Burial, Grouping, Retrial
from tests.store.bulking import NAME, Bulk, make, order_of
from tests.store.line import FAR, QUEUE, Line, eventually, failed

TRIED = 5
OLD, NEW = "old-failure", "new-failure"


def grave(fingerprint: str) -> Burial:
    return Burial("dead", "broken", failed(), "E: e", b"", 0, grouping=Grouping(fingerprint, "E", "e"))


async def died(line: Line, count: int, fingerprint: str = OLD) -> list[str]:
    """So many jobs that died of one failure."""
    ids = [f"job{number:02}" for number in range(count)]
    await make(line, State.ACTIVE, *ids)
    owners = {job: await line.raw.get(f"arq:in-progress:{job}") for job in ids}
    leases = [Lease(job, owner, 1) for job, owner in owners.items()]  # pyright: ignore[reportArgumentType] - ids are text
    await line.store.run_all([scripts.bury(QUEUE, lease, grave(fingerprint)) for lease in leases])
    return ids


@contextlib.asynccontextmanager
async def worker(line: Line, settle: Callable[[Lease], scripts.Call[bool] | None]):
    """A worker that ends each job so; None: it finishes it."""

    stop = asyncio.Event()

    async def work() -> None:
        while not stop.is_set():
            for job in (await line.claim("w1", limit=20)).jobs:
                call = settle(job.lease)
                await (line.run(call) if call else line.finish(job.lease))
            await asyncio.sleep(0.002)

    task = asyncio.create_task(work())
    with patch.object(canary, "LOOK_EVERY", 0.005):
        yield
    stop.set()
    await task


async def carried(line: Line, ids: list[str], pace: Pace, *, by_id: bool = False) -> dict[str, str]:
    """The record of a retry that was carried out."""
    bulk = Bulk(line)
    chosen = {"ids": tuple(ids)} if by_id else {}
    await bulk.submit(order_of("retry", State.DEAD, await line.store.time_ms(), pace, **chosen), len(ids))
    await bulk.carrier().carry()
    return await bulk.record()


@pytest.mark.parametrize("by_id", [False, True])
@pytest.mark.parametrize("again", [State.DEAD, State.RETRYING])
async def test_jobs_that_fail_again_as_before_are_stopped_after_the_trial(line: Line, again: State, by_id: bool):  # noqa: FBT001
    ids = await died(line, 40)

    def fail(lease: Lease) -> scripts.Call[bool]:
        retrial = Retrial(FAR, failed(), "E: e", "work", grouping=Grouping(OLD, "E", "e"))
        buries = again is State.DEAD
        return scripts.bury(QUEUE, lease, grave(OLD)) if buries else scripts.retry(QUEUE, lease, retrial)

    async with worker(line, fail):
        record = await carried(line, ids, Pace(canary=TRIED), by_id=by_id)
    assert (record["state"], record["changed"], record["note"]) == ("aborted", "5", "5 of the first 5 failed again")
    assert (await line.events("bulk"))[-1]["reason"] == record["note"]
    assert await line.raw.zcard(QUEUE.index("dead")) == (40 if again is State.DEAD else 35)


async def test_jobs_that_succeed_go_on(line: Line):
    ids = await died(line, 40)
    async with worker(line, lambda _: None):
        record = await carried(line, ids, Pace(canary=3))
    assert (record["state"], record["changed"], record["note"]) == ("done", "40", "")


@pytest.mark.parametrize("by_id", [False, True])
async def test_jobs_that_fail_otherwise_do_not_stop_it(line: Line, by_id: bool):  # noqa: FBT001
    ids = await died(line, 40)
    async with worker(line, lambda lease: scripts.bury(QUEUE, lease, grave(NEW))):
        record = await carried(line, ids, Pace(canary=3), by_id=by_id)
    assert (record["state"], record["changed"]) == ("done", "40")


async def test_half_of_them_may_fail_again_and_no_more(line: Line):
    ids = await died(line, 20)
    bad = set(ids[:3])
    async with worker(line, lambda lease: scripts.bury(QUEUE, lease, grave(OLD)) if lease.job_id in bad else None):
        assert (await carried(line, ids, Pace(canary=6)))["state"] == "done"


async def test_a_trial_of_more_follows_the_first(line: Line):
    ids = await died(line, 40)
    good = set(ids[:3])
    async with worker(line, lambda lease: None if lease.job_id in good else scripts.bury(QUEUE, lease, grave(OLD))):
        record = await carried(line, ids, Pace(canary=3))
    assert (record["state"], record["changed"], record["note"]) == ("aborted", "33", "30 of the first 30 failed again")


async def test_jobs_that_do_not_end_in_time_count_for_nothing(line: Line):
    ids = await died(line, 8)
    record = await carried(line, ids, Pace(canary=2, patience=timedelta(milliseconds=20)))
    assert (record["state"], record["changed"]) == ("done", "8")


async def test_what_was_left_alone_has_not_failed_again(line: Line):
    ids = await died(line, 20)
    for job_id in ids[:8]:
        await line.raw.hdel(f"arqlight:job:{job_id}", "payload")
    async with worker(line, lambda _: None):
        record = await carried(line, ids, Pace(canary=4))
    assert (record["state"], record["changed"], record["left:its payload is gone"]) == ("done", "12", "8")


async def test_a_trial_keeps_its_lease_while_it_waits_so_that_nobody_goes_on_without_its_verdict(line: Line):
    ids, bulk = await died(line, 20), Bulk(line)
    order = order_of("retry", State.DEAD, await line.store.time_ms(), Pace(canary=TRIED))
    await bulk.submit(order, len(ids))
    with patch.object(carrying, "LEASE_MS", 400), patch.object(canary, "LOOK_EVERY", 0.01):
        task = asyncio.create_task(bulk.carrier("first").carry())

        async def tried() -> bool:
            return await bulk.changed() == TRIED

        await eventually(tried)
        await line.passed(await line.store.time_ms() + 900)
        assert await bulk.take("second") == {}
        for job in (await line.claim()).jobs:
            await line.run(scripts.bury(QUEUE, job.lease, grave(OLD)))
        await task
    assert ((await bulk.record())["state"], await bulk.changed()) == ("aborted", TRIED)


async def test_a_trial_ends_when_the_bulk_is_aborted(line: Line):
    ids, bulk = await died(line, 20), Bulk(line)
    await bulk.submit(order_of("retry", State.DEAD, await line.store.time_ms(), Pace(canary=TRIED)), len(ids))
    with patch.object(carrying, "LEASE_MS", 100), patch.object(canary, "LOOK_EVERY", 0.01):
        task = asyncio.create_task(bulk.carrier().carry())

        async def tried() -> bool:
            return await bulk.changed() == TRIED

        await eventually(tried)
        await bulk.conclude("running", "aborted", note="enough")
        await asyncio.wait_for(task, 5)
    assert ((await bulk.record())["note"], await bulk.changed()) == ("enough", TRIED)


@pytest.mark.parametrize("per_second", [20, 100])
async def test_no_more_are_done_a_second_than_asked(line: Line, per_second: int):
    count = per_second * 3 // 2 + 1
    await make(line, State.SCHEDULED, *(f"job{number}" for number in range(count)))
    bulk = Bulk(line)
    await bulk.submit(order_of("purge", State.SCHEDULED, await line.store.time_ms(), Pace(per_second)), count)
    await bulk.carrier().carry()
    record = await bulk.record()
    took = (int(record["ended"]) - int(record["begun"])) / 1000
    assert 0.9 * (count / per_second) < took < 2 * (count / per_second) + 1
    assert int(record["changed"]) == count


async def test_a_slow_pace_keeps_its_lease_so_that_nobody_doubles_it(line: Line):
    await make(line, State.SCHEDULED, "a", "b", "c")
    bulk = Bulk(line)
    await bulk.submit(order_of("purge", State.SCHEDULED, await line.store.time_ms(), Pace(0.7)), 3)
    with patch.object(carrying, "LEASE_MS", 300):
        task = asyncio.create_task(bulk.carrier("first").carry())

        async def one() -> bool:
            return await bulk.changed() == 1

        await eventually(one)
        await line.passed(await line.store.time_ms() + 700)
        assert await bulk.take("second") == {}
        assert await bulk.changed() == 1
        await bulk.conclude("running", "aborted")
        await asyncio.wait_for(task, 5)


async def test_what_is_left_alone_costs_no_time(line: Line):
    order = Order("purge", NAME, order_of("purge", State.DEAD, 0, ids=tuple(f"no{n}" for n in range(40))).selection)
    bulk = Bulk(line)
    await bulk.submit(Order(order.action, NAME, order.selection, pace=Pace(20)), 40)
    await bulk.carrier().carry()
    record = await bulk.record()
    assert record["left:no such job"] == "40"
    assert int(record["ended"]) - int(record["begun"]) < 1000


@pytest.mark.parametrize(("share", "state"), [(0.3, "aborted"), (0.5, "done"), (1.0, "done")])
async def test_whoever_asks_says_how_many_may_fail_again(line: Line, share: float, state: str):
    ids = await died(line, 8)
    fated = set(ids[:2])
    async with worker(line, lambda lease: scripts.bury(QUEUE, lease, grave(OLD)) if lease.job_id in fated else None):
        report = await retry(line.store, Selection(NAME, ids=tuple(ids)), actor="ada", canary=4, abort_above=share)
    assert report.state == state
    assert report.changed == (4 if state == "aborted" else 8)


@pytest.mark.parametrize(
    "wrong",
    [{"pace": -1}, {"pace": math.inf}, {"pace": math.nan}, {"canary": -1}, {"abort_above": 1.5}, {"abort_above": -0.1}],
    ids=str,
)
async def test_what_is_no_pace_is_refused_before_anything_is_done(line: Line, wrong: dict[str, Any]):
    await died(line, 1)
    with pytest.raises(UsageError):
        await retry(line.store, Selection(NAME, State.DEAD, everything=True), actor="ada", **wrong)
    assert await line.state("job00") is State.DEAD
