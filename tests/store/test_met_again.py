"""A walk may meet a job again that it has acted on: it counts once, and takes no other job's turn."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from arqlight_core.jobs import Lease, State
from arqlight_core.operations import Selection, delay, prioritize
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Call
from tests.store.bulking import Bulk, make, order_of
from tests.store.line import FAR, LOCK, QUEUE, Line
from tests.store.test_bulk_deaths import steps_of

NAME = QUEUE.name
SIZES = pytest.mark.parametrize("size", [1, 2, 50])


class Renewing(Store):
    """A store beside which a worker renews the lease of one job whenever something is done to it."""

    def __init__(self, url: str, lease: Lease) -> None:
        super().__init__(url)
        self._lease, self._ends = lease, 20_000

    async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
        answers = await super().run_settled(calls)
        if any(call.name in ("call_off", "requeue") for call in calls):
            self._ends += 1_000
            await super().run_settled([scripts.renew(QUEUE, self._ends, LOCK, [self._lease])])
        return answers


async def carried(line: Line, action: str) -> Bulk:
    """A bulk on three running jobs, of which the first is met again and again."""
    leases = list[Lease]()
    for job_id, ends in (("a", 20_000), ("b", 40_000), ("c", 60_000)):
        await line.put(job_id)
        [job] = (await line.claim(lease_ms=ends)).jobs
        leases.append(job.lease)
    bulk, store = Bulk(line), Renewing(line.store.url, leases[0])
    await bulk.submit(order_of(action, State.ACTIVE, await line.store.time_ms()), 3)
    with steps_of(1):
        await bulk.carrier(store=store).carry()
    await store.close()
    return bulk


async def test_a_running_job_that_is_met_again_takes_no_other_ones_turn(line: Line):
    record = await (await carried(line, "cancel")).record()
    assert sorted(await line.raw.zrange("arq:abort", 0, -1)) == [b"a", b"b", b"c"]
    assert (record["changed"], record["seen"], record["beside:running, and asked to stop"]) == ("3", "3", "3")


async def test_a_running_job_is_copied_once_and_counts_once(line: Line):
    bulk = await carried(line, "requeue")
    assert (await bulk.changed(), await bulk.left()) == (3, {})
    assert len(await line.claimed("w2")) == 3


async def test_what_is_asked_to_stop_by_another_bulk_is_asked_again(line: Line):
    await line.running("a")
    for bulk in ("one", "other"):
        step = await line.step("active", bulk)
        assert (await line.run(scripts.call_off(QUEUE, step, 0, [b""], ["a"]))).changed == 1


@SIZES
async def test_what_has_another_priority_now_was_not_left_alone(line: Line, size: int):
    await line.put("low1", "low2")
    await line.put("high1", "high2", "high3", lane=0.5)
    with steps_of(size):
        waiting = Selection(NAME, State.WAITING, everything=True)
        report = await prioritize(line.store, waiting, priority="low", actor="ada")
    assert (report.changed, report.skipped) == (3, {"it has this priority already": 2})


@SIZES
async def test_what_was_put_off_was_not_left_alone(line: Line, size: int):
    await make(line, State.SCHEDULED, "a", "b", "c")
    await line.put("far", delay_ms=20 * FAR)
    with steps_of(size):
        scheduled = Selection(NAME, State.SCHEDULED, everything=True)
        report = await delay(line.store, scheduled, by=timedelta(hours=1), actor="ada")
    assert (report.changed, report.skipped) == (4, {})
